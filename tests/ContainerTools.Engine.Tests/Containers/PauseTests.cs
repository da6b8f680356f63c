using System.Diagnostics;
using ContainerTools.Engine.Containers;
using ContainerTools.Linux.Cgroups;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class PauseTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    private const string Counting = "i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done";

    [Fact]
    public async Task StandsStillUntilItIsResumed()
    {
        var container = await fixture.StartAsync("sh", "-c", Counting);
        container = fixture.Manager.Suspend(container);
        Assert.Equal(ContainerState.Paused, container.State);
        Assert.NotNull(container.Pid);
        Assert.True(Cgroup.At("/containertools/" + container.Id).IsFrozen);
        await Task.Delay(100);
        int before = (await fixture.LogAsync(container)).Length;
        await Task.Delay(300);
        Assert.Equal(before, (await fixture.LogAsync(container)).Length);
        Assert.Equal(ContainerState.Paused, fixture.Manager.Suspend(container).State);

        Assert.Equal("ContainerPaused", (await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.Manager.StartAsync(container, CancellationToken.None))).ErrorId);
        var exec = await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.Manager.ExecAsync(container, new ExecOptions { Command = ["true"] }, (_, _) => { }, CancellationToken.None));
        Assert.Equal("ContainerPaused", exec.ErrorId);
        var remove = await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.RemoveAsync(container));
        Assert.Contains("is paused", remove.Message, StringComparison.Ordinal);

        container = fixture.Manager.Resume(container);
        Assert.Equal(ContainerState.Running, container.State);
        await Task.Delay(300);
        Assert.True((await fixture.LogAsync(container)).Length > before);
        Assert.Equal(ContainerState.Running, fixture.Manager.Resume(container).State);
        await fixture.RemoveAsync(container, force: true);
    }

    [Fact]
    public async Task IsStoppedWithItsSignalKilledAndRemovedWhileItIsSuspended()
    {
        var polite = fixture.Manager.Suspend(await StartedAsync("sh", "-c", "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done"));
        polite = await fixture.Manager.StopAsync(polite, new StopOptions { Timeout = TimeSpan.FromSeconds(20) }, CancellationToken.None);
        Assert.Equal(7, polite.ExitCode);
        Assert.Equal(["ready", "bye"], await fixture.LogAsync(polite));
        Assert.Equal("ContainerNotRunning", Assert.Throws<ContainerToolsException>(() => fixture.Manager.Suspend(polite)).ErrorId);
        Assert.Equal("ContainerNotRunning", Assert.Throws<ContainerToolsException>(() => fixture.Manager.Resume(polite)).ErrorId);

        var killed = fixture.Manager.Suspend(await fixture.StartAsync("sleep", "60"));
        fixture.Manager.Kill(killed, "KILL");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        Assert.Equal(137, (await fixture.Manager.WaitAsync(killed, limit.Token)).ExitCode);

        var removed = fixture.Manager.Suspend(await fixture.StartAsync("sh", "-c", "sleep 60 & sleep 60"));
        var watch = Stopwatch.StartNew();
        await fixture.RemoveAsync(removed, force: true);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(8), $"it took {watch.Elapsed}");
        Assert.False(ProcessTable.IsAlive(removed.Pid!.Value));
        await fixture.RemoveAsync(polite);
        await fixture.RemoveAsync(killed);
    }

    [Fact]
    public async Task LosesItsMonitorWhileItIsSuspended()
    {
        var container = fixture.Manager.Suspend(await fixture.StartAsync("sh", "-c", "sleep 60 & sleep 60"));
        using (var lockFile = MonitorLockFile.TryOpen(container.Directory)!)
        using (var monitor = lockFile.OpenMonitor()!)
        {
            monitor.SendSignal(9);
            monitor.WaitForExit(TimeSpan.FromSeconds(10), CancellationToken.None);
        }
        var lost = fixture.Manager.Refresh(container);
        Assert.Equal(ContainerState.Exited, lost.State);
        Assert.False(ProcessTable.IsAlive(container.Pid!.Value));
        await fixture.RemoveAsync(lost);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task RestartsWhatRunsIsPausedHasEndedOrIsRemovedAtItsEnd()
    {
        var now = new StopOptions { Timeout = TimeSpan.Zero };
        var container = await StartedAsync("sh", "-c", "echo started >> /file; cat /file; exec sleep 60");
        int first = container.Pid!.Value;
        container = await fixture.Manager.RestartAsync(container, now, CancellationToken.None);
        Assert.Equal(ContainerState.Running, container.State);
        Assert.NotEqual(first, container.Pid);
        await fixture.LogsAsync(container, 1 + 2);
        container = await fixture.Manager.RestartAsync(fixture.Manager.Suspend(container), now, CancellationToken.None);
        Assert.Equal(ContainerState.Running, container.State);
        await fixture.LogsAsync(container, 1 + 2 + 3);
        container = await fixture.Manager.StopAsync(container, now, CancellationToken.None);
        container = await fixture.Manager.RestartAsync(container, now, CancellationToken.None);
        await fixture.LogsAsync(container, 1 + 2 + 3 + 4);
        container = await fixture.Manager.StopAsync(container, now, CancellationToken.None);
        Assert.Equal(1 + 2 + 3 + 4, (await fixture.LogAsync(container)).Length);
        await fixture.RemoveAsync(container);

        var passing = await StartedAsync(new ContainerOptions { Command = ["sh", "-c", "echo again; exec sleep 60"], AutoRemove = true });
        passing = await fixture.Manager.RestartAsync(passing, now, CancellationToken.None);
        Assert.Equal(ContainerState.Running, passing.State);
        await fixture.LogsAsync(passing, 2);
        await fixture.Manager.StopAsync(passing, now, CancellationToken.None);
        Assert.Empty(fixture.Manager.Find(passing.Name));
    }

    private Task<Container> StartedAsync(params string[] command) => StartedAsync(new ContainerOptions { Command = command });

    private async Task<Container> StartedAsync(ContainerOptions options)
    {
        var container = await fixture.StartAsync(options);
        await fixture.LogsAsync(container, 1);
        return container;
    }
}
