using System.Diagnostics;
using ContainerTools.Engine.Containers;
using ContainerTools.Linux.Cgroups;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

/// <summary>
/// A process that clones itself must not be collecting garbage in the child: it would wait for ever. One start in a few hundred would show it, so there are many, by
/// monitors that collect as often as the runtime lets them and whose pages the kernel keeps taking away.
/// </summary>
public sealed class StressTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    private const int Starts = 2000, Shells = 2;

    [Fact]
    public async Task NoneOfTwoThousandStartsHangsWhileTheMonitorIsShortOfMemory()
    {
        var group = Cgroup.Create($"/containertools-test-{Guid.NewGuid():N}", new CgroupLimits { Memory = 32 << 20 });
        using var hog = StartHog(group);
        try
        {
            var manager = new ContainerManager(fixture.Paths, ShortOfMemory(group));
            var containers = Enumerable.Range(0, Shells).Select(_ => fixture.Create("sh", "-c", "exit 7")).ToArray();
            await Task.WhenAll(containers.Select(c => Task.Run(() => StartAgainAndAgain(manager, c))));
            Assert.False(hog.HasExited);
            foreach (var container in containers)
                await fixture.RemoveAsync(container);
        }
        finally
        {
            // A monitor in reserve may begin in it a moment after the last start.
            Assert.True(SpinWait.SpinUntil(() =>
            {
                group.Kill();
                return hog.WaitForExit(100) && group.Processes().Count == 0 && group.TryRemoveEmpty();
            }, TimeSpan.FromSeconds(10)));
        }
        Assert.Empty(fixture.Leftovers());
    }

    private static async Task StartAgainAndAgain(ContainerManager manager, Container container)
    {
        for (int i = 0; i < Starts / Shells; i++)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            var started = await manager.StartAsync(container, limit.Token);
            var ended = await manager.WaitAsync(started, limit.Token);
            Assert.Equal(7, ended.ExitCode);
        }
    }

    /// <summary>A runtime in the group, and with the smallest budget that the garbage collector takes: 64 KiB.</summary>
    private string ShortOfMemory(Cgroup group)
    {
        string script = Path.Combine(fixture.Scratch, "ctrun-short-of-memory");
        File.WriteAllText(script, $"#!/bin/sh\n{Join(group)}\nDOTNET_GCgen0size=10000 exec '{RepositoryPaths.Ctrun}' \"$@\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return script;
    }

    /// <summary>Reads far more than the group may hold, for ever.</summary>
    private Process StartHog(Cgroup group)
    {
        string file = Path.Combine(fixture.Scratch, "large");
        using (var large = File.Create(file))
            large.SetLength(256 << 20);
        return Process.Start("sh", ["-c", $"{Join(group)}\nwhile :; do dd if='{file}' of=/dev/null bs=64k 2>/dev/null; sleep 0.02; done"]);
    }

    private static string Join(Cgroup group)
    {
        var files = group.LegacyJoinFiles.ToList();
        if (group.UnifiedDirectory is { } unified)
            files.Add(unified + "/cgroup.procs");
        return string.Join('\n', files.Select(f => $"echo 0 > {f}"));
    }
}
