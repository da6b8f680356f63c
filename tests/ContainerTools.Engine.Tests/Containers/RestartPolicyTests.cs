using System.Diagnostics;
using ContainerTools.Engine.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class RestartPolicyTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{

    [Theory]
    [InlineData("no", RestartPolicyKind.No, 0)]
    [InlineData("on-failure", RestartPolicyKind.OnFailure, 0)]
    [InlineData("on-failure:3", RestartPolicyKind.OnFailure, 3)]
    [InlineData("ALWAYS", RestartPolicyKind.Always, 0)]
    [InlineData("unless-stopped", RestartPolicyKind.UnlessStopped, 0)]
    public void AreReadAndWritten(string text, RestartPolicyKind kind, int retries)
    {
        var policy = RestartPolicy.Parse(text);
        Assert.Equal((kind, retries), (policy.Kind, policy.MaximumRetries));
        Assert.Equal(text.ToLowerInvariant(), policy.ToString());
    }

    [Theory]
    [InlineData("never")]
    [InlineData("on-failure:0")]
    [InlineData("on-failure:-1")]
    [InlineData("always:3")]
    public void AreRefusedWhenTheyAreNone(string text) =>
        Assert.Equal("InvalidRestartPolicy", Assert.Throws<ContainerToolsException>(() => RestartPolicy.Parse(text)).ErrorId);

    [Fact]
    public async Task OnFailureStartsAgainAsOftenAsItSaysAndEachTimeLater()
    {
        var watch = Stopwatch.StartNew();
        var (container, output) = await fixture.RunAsync(new ContainerOptions { Command = ["sh", "-c", "echo run; exit 5"], RestartPolicy = RestartPolicy.Parse("on-failure:3") });
        Assert.Equal((ContainerState.Exited, 5, 3), (container.State, container.ExitCode, container.RestartCount));
        Assert.Equal(4, output.Length);
        // 100 + 200 + 400 ms.
        Assert.True(watch.ElapsedMilliseconds >= 700, $"it took {watch.Elapsed}");
        // A new start counts from the beginning.
        container = await fixture.Manager.StartAsync(container, CancellationToken.None);
        Assert.Equal(0, container.RestartCount);
        container = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        Assert.Equal((3, 8), (container.RestartCount, (await fixture.LogAsync(container)).Length));
        await fixture.RemoveAsync(container);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task OnFailureLetsSuccessBeAndNoIsNone()
    {
        var (good, output) = await fixture.RunAsync(new ContainerOptions { Command = ["sh", "-c", "echo run; exit 0"], RestartPolicy = RestartPolicy.Parse("on-failure") });
        Assert.Equal((0, 0, 1), (good.ExitCode, good.RestartCount, output.Length));
        var (none, _) = await fixture.RunAsync(new ContainerOptions { Command = ["sh", "-c", "exit 4"], RestartPolicy = RestartPolicy.No });
        Assert.Equal((4, 0, RestartPolicyKind.No), (none.ExitCode, none.RestartCount, none.RestartPolicy.Kind));
        await fixture.RemoveAsync(good);
        await fixture.RemoveAsync(none);
    }

    [Fact]
    public async Task AlwaysStartsAgainWithTheSameMonitorFilesAndSignalsUntilItIsStopped()
    {
        var container = await fixture.StartAsync(new ContainerOptions
        {
            // The second run, started by the monitor, must hear signals as the first does, and see what that left.
            Command = ["sh", "-c", "[ -e /been ] || { touch /been; echo first; exit 0; }; trap 'echo bye; exit 9' TERM; echo second; while :; do sleep 0.05; done"],
            RestartPolicy = RestartPolicy.Parse("always"),
        });
        int monitor = MonitorOf(container);
        await fixture.LogsAsync(container, 2);
        container = fixture.Manager.Refresh(container);
        Assert.Equal((ContainerState.Running, 1), (container.State, container.RestartCount));
        Assert.Equal(monitor, MonitorOf(container));
        Assert.Equal(["/dev/null", "/dev/null", "/dev/null"], OpenFiles(monitor).Take(3));
        // Lock, log, the pipe of its report, which it keeps to its end, and the two of this run: nothing of the last one. A pidfd, and what the native runtime has open, remain.
        Assert.Equal(3, OpenFiles(monitor).Count(f => f.StartsWith("pipe:", StringComparison.Ordinal)));
        Assert.Single(await ExecAsync(container, "hostname"));

        container = await fixture.Manager.StopAsync(container, new StopOptions { Timeout = TimeSpan.FromSeconds(20) }, CancellationToken.None);
        Assert.Equal((ContainerState.Exited, 9), (container.State, container.ExitCode));
        Assert.Equal(["first", "second", "bye"], await fixture.LogAsync(container));
        // It brings the last status to the disk first, for which nobody waits.
        Assert.True(SpinWait.SpinUntil(() => !ProcessTable.IsAlive(monitor), TimeSpan.FromSeconds(5)));
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task IsStoppedStartedAndRemovedWhileItWaitsForItsRestart()
    {
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sh", "-c", "echo run; exit 1"], RestartPolicy = RestartPolicy.Parse("unless-stopped") });
        await UntilAsync(container, c => c is { State: ContainerState.Restarting, RestartCount: >= 3 });
        Assert.Equal(ContainerState.Restarting, (await fixture.Manager.StartAsync(container, CancellationToken.None)).State);
        // Delays of 0.1, 0.2 and 0.4 seconds are over, and it waits 0.8: it has run once, and once more for each restart.
        var waiting = fixture.Manager.Refresh(container);
        Assert.Equal((ContainerState.Restarting, waiting.RestartCount + 1), (waiting.State, (await fixture.LogAsync(container)).Length));
        var refused = await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.RemoveAsync(container));
        Assert.Equal("ContainerRunning", refused.ErrorId);
        var watch = Stopwatch.StartNew();
        container = await fixture.Manager.StopAsync(container, new StopOptions(), CancellationToken.None);
        Assert.Equal((ContainerState.Exited, 1), (container.State, container.ExitCode));
        Assert.True(watch.ElapsedMilliseconds < 5000, $"it took {watch.Elapsed}");

        container = await fixture.Manager.StartAsync(container, CancellationToken.None);
        await UntilAsync(container, c => c is { State: ContainerState.Restarting, RestartCount: >= 2 });
        await fixture.RemoveAsync(container, force: true);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task KillingItEndsItAndAnotherSignalDoesNot()
    {
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sh", "-c", "trap 'exit 3' USR1; echo run; while :; do sleep 0.05; done"], RestartPolicy = RestartPolicy.Parse("always") });
        await fixture.LogsAsync(container, 1);
        fixture.Manager.Kill(container, "USR1");
        await fixture.LogsAsync(container, 2);
        fixture.Manager.Kill(fixture.Manager.Refresh(container), "KILL");
        container = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        Assert.Equal((ContainerState.Exited, 137), (container.State, container.ExitCode));
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task ItsLogIsFollowedFromRunToRun()
    {
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sh", "-c", "echo run; sleep 0.1; exit 1"], RestartPolicy = RestartPolicy.Parse("on-failure:2") });
        Assert.Equal(["run", "run", "run"], await fixture.LogAsync(container, new ContainerTools.Engine.Logs.LogOptions { Follow = true }));
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task IsChangedWhileItRuns()
    {
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sh", "-c", "echo run; sleep 0.5; exit 2"] });
        container = fixture.Manager.Update(container, new ContainerChanges { RestartPolicy = RestartPolicy.Parse("always") }, CancellationToken.None);
        Assert.Equal(RestartPolicyKind.Always, container.RestartPolicy.Kind);
        await fixture.LogsAsync(container, 2);
        container = fixture.Manager.Update(container, new ContainerChanges { RestartPolicy = RestartPolicy.No }, CancellationToken.None);
        container = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        Assert.Equal((ContainerState.Exited, 2, 1), (container.State, container.ExitCode, container.RestartCount));
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task LosingItsPolicyEndsTheWaitAndGettingOneLaterCounts()
    {
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sh", "-c", "[ -e /stay ] || exit 1; echo stays; sleep 0.3; exit 4"], RestartPolicy = RestartPolicy.Parse("always") });
        await UntilAsync(container, c => c is { State: ContainerState.Restarting, RestartCount: >= 4 });
        fixture.Manager.Update(container, new ContainerChanges { RestartPolicy = RestartPolicy.No }, CancellationToken.None);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        container = await fixture.Manager.WaitAsync(container, limit.Token);
        Assert.Equal((ContainerState.Exited, 1), (container.State, container.ExitCode));

        File.WriteAllText(Path.Combine(container.Directory, "upper/stay"), "");
        fixture.Manager.Update(container, new ContainerChanges { RestartPolicy = RestartPolicy.Parse("always") }, CancellationToken.None);
        container = await fixture.Manager.StartAsync(container, CancellationToken.None);
        container = await fixture.Manager.StopAsync(container, new StopOptions { Timeout = TimeSpan.Zero }, CancellationToken.None);
        fixture.Manager.Update(container, new ContainerChanges { RestartPolicy = RestartPolicy.No }, CancellationToken.None);
        container = await fixture.Manager.StartAsync(container, CancellationToken.None);
        container = fixture.Manager.Update(container, new ContainerChanges { RestartPolicy = RestartPolicy.Parse("on-failure:1") }, CancellationToken.None);
        container = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        Assert.Equal((4, 1), (container.ExitCode, container.RestartCount));
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task AStartThatFailsIsTriedAgainAndTheFirstOneIsAnError()
    {
        var missing = fixture.Create(new ContainerOptions { Command = ["/no/such"], RestartPolicy = RestartPolicy.Parse("always") });
        Assert.Equal("CommandNotFound", (await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.Manager.StartAsync(missing, CancellationToken.None))).ErrorId);
        Assert.Equal(ContainerState.Exited, fixture.Manager.Refresh(missing).State);

        var container = await fixture.StartAsync(new ContainerOptions
        {
            Entrypoint = ["/x/go"],
            RestartPolicy = RestartPolicy.Parse("on-failure:3"),
            Volumes = [ContainerTools.Engine.Volumes.VolumeMount.Parse($"{Script("#!/bin/sh\nmv /x/go /x/gone\nexit 1\n")}:/x")],
        });
        container = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        Assert.Equal((3, 127), (container.RestartCount, container.ExitCode));
        Assert.Contains("/x/go", container.Error, StringComparison.Ordinal);
        await fixture.RemoveAsync(container);
        await fixture.RemoveAsync(missing);
    }

    [Fact]
    public async Task LosesItsMonitorWhileItWaits()
    {
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["false"], RestartPolicy = RestartPolicy.Parse("always") });
        await UntilAsync(container, c => c is { State: ContainerState.Restarting, RestartCount: >= 3 });
        using (var monitor = Linux.Processes.PidFd.Open(MonitorOf(container)))
        {
            monitor.SendSignal(9);
            monitor.WaitForExit(TimeSpan.FromSeconds(10), CancellationToken.None);
        }
        container = fixture.Manager.Refresh(container);
        Assert.Equal(ContainerState.Exited, container.State);
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public void CannotGoWithRemovalAtTheEnd() => Assert.Equal("RestartPolicyConflict", Assert.Throws<ContainerToolsException>(
        () => fixture.Create(new ContainerOptions { Command = ["true"], AutoRemove = true, RestartPolicy = RestartPolicy.Parse("always") })).ErrorId);

    [Fact]
    public async Task HoldsForAnotherRuntimeToo()
    {
        var (container, output) = await fixture.RunAsync(new ContainerOptions { Command = ["sh", "-c", "echo run; exit 5"], RestartPolicy = RestartPolicy.Parse("on-failure:2"), Runtime = "crun" });
        Assert.Equal((5, 2, 3), (container.ExitCode, container.RestartCount, output.Length));
        await fixture.RemoveAsync(container);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
    }

    private string Script(string text)
    {
        string directory = Directory.CreateDirectory(Path.Combine(fixture.Scratch, "script")).FullName;
        string path = Path.Combine(directory, "go");
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return directory;
    }

    private static int MonitorOf(Container container)
    {
        using var file = MonitorLockFile.TryOpen(container.Directory)!;
        using var monitor = file.OpenMonitor();
        return monitor!.Pid;
    }

    private static IEnumerable<string> OpenFiles(int pid) => Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").OrderBy(f => int.Parse(Path.GetFileName(f)))
        .Select(f => new FileInfo(f).LinkTarget ?? "");

    private async Task<string[]> ExecAsync(Container container, params string[] command)
    {
        List<string> lines = [];
        await fixture.Manager.ExecAsync(container, new ExecOptions { Command = command }, (_, line) => lines.Add(line), CancellationToken.None);
        return [.. lines];
    }

    private async Task UntilAsync(Container container, Func<Container, bool> condition)
    {
        for (long deadline = Environment.TickCount64 + 30_000; !condition(container = fixture.Manager.Refresh(container));)
        {
            Assert.True(Environment.TickCount64 < deadline, $"'{container.Name}' is {container.State} after {container.RestartCount} restarts");
            await Task.Delay(10);
        }
    }
}
