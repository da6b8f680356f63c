using ContainerTools.Engine.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class LifetimeTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Theory]
    [InlineData(0)]
    [InlineData(1500)]
    public async Task WhatAContainerThatRunsIsFedIsItsWholeInput(int milliseconds)
    {
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sh", "-c", "cat; while [ ! -e /go ]; do sleep 0.02; done; exit 3"], Interactive = true });
        // Before and after the monitor has begun anew.
        await Task.Delay(milliseconds);
        await fixture.Manager.StartAttachedAsync(container, new MemoryStream("a\nb\n"u8.ToArray()), bound: false, CancellationToken.None);
        await fixture.LogsAsync(container, 2);
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.Manager.StartAttachedAsync(container, new MemoryStream(), bound: false, CancellationToken.None));
        Assert.Equal("ContainerInputTaken", error.ErrorId);
        await fixture.Manager.ExecAsync(container, new ExecOptions { Command = ["touch", "/go"] }, (_, _) => { }, CancellationToken.None);
        container = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        Assert.Equal(3, container.ExitCode);
        Assert.Equal(["a", "b"], await fixture.LogAsync(container));
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task RunsRecordsAndLeavesNothing()
    {
        var (container, output) = await fixture.RunAsync("sh", "-c", "echo out; echo err >&2; echo pid $$; exit 3");
        Assert.Equal(ContainerState.Exited, container.State);
        Assert.Equal(3, container.ExitCode);
        Assert.Null(container.Error);
        Assert.Null(container.Pid);
        Assert.True(container.StartedAt >= container.CreatedAt && container.FinishedAt >= container.StartedAt);
        Assert.Equal(["err", "out", "pid 1"], output.Order());
        await fixture.RemoveAsync(container);
        Assert.Throws<ContainerToolsException>(() => fixture.Manager.Get(container.Id));
        Assert.False(Directory.Exists(container.Directory));
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task StopsWithItsSignalAndKillsWhatIgnoresIt()
    {
        var polite = await fixture.StartAsync("sh", "-c", "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done");
        Assert.Equal(ContainerState.Running, polite.State);
        Assert.True(ProcessTable.IsAlive(polite.Pid!.Value));
        await fixture.LogsAsync(polite, 1);
        polite = await fixture.Manager.StopAsync(polite, new StopOptions { Timeout = TimeSpan.FromSeconds(20) }, CancellationToken.None);
        Assert.Equal(7, polite.ExitCode);
        Assert.Equal(["ready", "bye"], await fixture.LogAsync(polite));

        var deaf = await fixture.StartAsync("sh", "-c", "trap '' TERM; while :; do sleep 0.05; done");
        deaf = await fixture.Manager.StopAsync(deaf, new StopOptions { Timeout = TimeSpan.FromSeconds(0.3) }, CancellationToken.None);
        Assert.Equal(137, deaf.ExitCode);

        var hup = await fixture.StartAsync(new ContainerOptions { Command = ["sh", "-c", "trap 'exit 9' HUP; echo ready; while :; do sleep 0.05; done"], StopSignal = "HUP" });
        await fixture.LogsAsync(hup, 1);
        hup = await fixture.Manager.StopAsync(hup, new StopOptions(), CancellationToken.None);
        Assert.Equal(9, hup.ExitCode);
        foreach (var container in new[] { polite, deaf, hup })
            await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task KeepsTheWritableLayerOverStopAndStart()
    {
        var container = await fixture.StartAsync("sh", "-c", "cat /file 2>/dev/null; echo again >> /file; rm -f /etc/group; [ -e /etc/passwd ] && echo passwd");
        container = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        container = await fixture.Manager.StartAsync(container, CancellationToken.None);
        container = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        Assert.Equal(["passwd", "again", "passwd"], await fixture.LogAsync(container));
        Assert.True(File.Exists(Path.Combine(fixture.Layer, "etc/group")));
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task StartingWhatRunsChangesNothingAndRemovingItNeedsForce()
    {
        var container = await fixture.StartAsync("sleep", "60");
        var again = await fixture.Manager.StartAsync(container, CancellationToken.None);
        Assert.Equal(container.Pid, again.Pid);
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.RemoveAsync(container));
        Assert.Equal("ContainerRunning", error.ErrorId);
        await fixture.RemoveAsync(container, force: true);
        Assert.False(ProcessTable.IsAlive(container.Pid!.Value));
        Assert.Empty(fixture.Manager.Find(container.Name));
    }

    [Fact]
    public async Task ACommandThatIsMissingIsAClearErrorAndTheNextStartWorks()
    {
        var container = fixture.Create("/no/such/command");
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.Manager.StartAsync(container, CancellationToken.None));
        Assert.Equal("CommandNotFound", error.ErrorId);
        Assert.Contains("/no/such/command", error.Message, StringComparison.Ordinal);
        container = fixture.Manager.Refresh(container);
        Assert.Equal(ContainerState.Exited, container.State);
        Assert.Equal(127, container.ExitCode);
        Assert.NotNull(container.Error);
        await fixture.RemoveAsync(container);
        var (next, _) = await fixture.RunAsync("true");
        Assert.Equal(0, next.ExitCode);
        await fixture.RemoveAsync(next);
    }

    [Fact]
    public async Task WaitCanBeCancelledAndSeesTheEndFromElsewhere()
    {
        var container = await fixture.StartAsync("sleep", "60");
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Manager.WaitAsync(container, cancel.Token));
        // Another manager is what another shell would have.
        var other = new ContainerManager(fixture.Paths, RepositoryPaths.Ctrun);
        var wait = other.WaitAsync(other.Get(container.Name), CancellationToken.None);
        fixture.Manager.Kill(container, "SIGUSR1");
        fixture.Manager.Kill(container, "9");
        Assert.Equal(137, (await wait).ExitCode);
        Assert.Equal(0, (await fixture.RunAsync("true")).Container.ExitCode);
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task AutoRemoveLeavesNothingButItsExitCode()
    {
        var container = await fixture.StartAsync(new ContainerOptions
        {
            Command = ["sh", "-c", "sleep 0.2; exit 5"],
            AutoRemove = true,
            Volumes = [ContainerTools.Engine.Volumes.VolumeMount.Parse("/anonymous")],
        });
        string volume = container.Mounts.Single().Name!;
        Assert.NotEmpty(fixture.Volumes.Find(volume));
        var ended = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        Assert.Equal(5, ended.ExitCode);
        Assert.Empty(fixture.Manager.Find(container.Name));
        Assert.False(Directory.Exists(container.Directory));
        Assert.Empty(fixture.Volumes.Find(volume));
    }

    [Fact]
    public async Task ManyAtOnce()
    {
        var containers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() => fixture.StartAsync("sh", "-c", $"exit {i}"))));
        var ended = await Task.WhenAll(containers.Select(c => fixture.Manager.WaitAsync(c, CancellationToken.None)));
        Assert.Equal(Enumerable.Range(0, 12), ended.Select(c => c.ExitCode!.Value).Order());
        Assert.Equal(12, ended.Select(c => c.Name).Distinct().Count());
        await Task.WhenAll(ended.Select(c => fixture.RemoveAsync(c)));
    }

    [Fact]
    public async Task TwoWhoStartTheSameContainerStartItOnce()
    {
        var container = fixture.Create("sh", "-c", "echo started; sleep 0.3");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => fixture.Manager.StartAsync(container, CancellationToken.None)));
        container = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        Assert.Single(await fixture.LogAsync(container));
        await fixture.RemoveAsync(container);
    }
}
