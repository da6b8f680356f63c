using ContainerTools.Engine.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class BootTests
{
    private static readonly string[] s_sleep = ["sh", "-c", "trap 'echo bye; exit 6' TERM; trap 'exit 3' USR1; echo ready; while :; do sleep 0.05; done"];

    [Fact]
    public async Task WhatIsToRunAfterABootDoesAndNothingElse()
    {
        using var fixture = new ContainerFixture();
        var always = await StartAsync(fixture, "always", "always");
        var unless = await StartAsync(fixture, "unless", "unless-stopped");
        var plain = await StartAsync(fixture, "plain", "no");
        var failing = await StartAsync(fixture, "failing", "on-failure");
        var stopped = await StartAsync(fixture, "stopped", "unless-stopped");
        var stoppedAlways = await StartAsync(fixture, "stopped-always", "always");
        fixture.Create(new ContainerOptions { Name = "never", Command = s_sleep, RestartPolicy = RestartPolicy.Parse("always") });
        foreach (var container in new[] { stopped, stoppedAlways })
            await fixture.Manager.StopAsync(container, new StopOptions { Timeout = TimeSpan.Zero }, CancellationToken.None);

        // The host goes down at once: nothing is recorded, and the boot id is another one.
        foreach (var container in new[] { always, unless, plain, failing })
            GoDown(container);
        Assert.All(fixture.Manager.List(), c => Assert.True(c.State is ContainerState.Exited or ContainerState.Created, $"{c.Name} is {c.State}"));

        var result = Boot(fixture).Succeeded();
        Assert.Equal(["always", "stopped-always", "unless"], Running(fixture));
        Assert.Contains($"unless ({unless.ShortId}) runs", result.Output, StringComparison.Ordinal);
        // Once more, as a restart of the service does.
        Boot(fixture).Succeeded();
        Assert.Equal(["always", "stopped-always", "unless"], Running(fixture));
        foreach (var container in fixture.Manager.List())
            await fixture.RemoveAsync(container, force: true);
        Assert.Empty(fixture.Leftovers());
    }

    [Fact]
    public async Task BeforeAShutdownAllAreStoppedAsTheyWishAndComeBackAfterIt()
    {
        using var fixture = new ContainerFixture();
        var always = await StartAsync(fixture, "always", "always");
        var unless = await StartAsync(fixture, "unless", "unless-stopped");
        var plain = await StartAsync(fixture, "plain", "no");
        var restarting = await fixture.StartAsync(new ContainerOptions { Name = "restarting", Command = ["false"], RestartPolicy = RestartPolicy.Parse("always") });
        while (fixture.Manager.Refresh(restarting) is not { State: ContainerState.Restarting, RestartCount: >= 5 })
            await Task.Delay(20);
        Boot(fixture, "--stop").Succeeded();
        Assert.Empty(Running(fixture));
        foreach (var container in new[] { always, unless, plain })
        {
            Assert.Equal(6, fixture.Manager.Refresh(container).ExitCode);
            Assert.Equal(["ready", "bye"], await fixture.LogAsync(container));
        }
        Boot(fixture).Succeeded();
        Assert.Equal(["always", "unless"], Running(fixture).Except(["restarting"]));
        // Policies count again.
        always = fixture.Manager.Refresh(always);
        fixture.Manager.Kill(always, "USR1");
        await fixture.LogsAsync(always, 4);
        foreach (var container in fixture.Manager.List())
            await fixture.RemoveAsync(container, force: true);
    }

    [Fact]
    public async Task OneThatCannotStartIsToldAndDisturbsNobody()
    {
        using var fixture = new ContainerFixture();
        string shared = Directory.CreateDirectory(Path.Combine(fixture.Scratch, "gone")).FullName;
        var broken = await fixture.StartAsync(new ContainerOptions { Name = "broken", Command = s_sleep, RestartPolicy = RestartPolicy.Parse("always"), Volumes = [ContainerTools.Engine.Volumes.VolumeMount.Parse(shared + ":/x")] });
        var good = await StartAsync(fixture, "good", "always");
        GoDown(broken);
        GoDown(good);
        Directory.Delete(shared);
        var result = Boot(fixture).Succeeded();
        Assert.Equal(["good"], Running(fixture));
        Assert.Contains("broken", result.Error, StringComparison.Ordinal);
        Assert.Contains(shared, result.Error, StringComparison.Ordinal);
        // A host without a store gets none.
        string nowhere = Path.Combine(fixture.Scratch, "nowhere");
        Command.Run(RepositoryPaths.Ctrun, "boot", "--store", nowhere, "--run", nowhere + "-run").Succeeded();
        Assert.False(Directory.Exists(nowhere));
        foreach (var container in fixture.Manager.List())
            await fixture.RemoveAsync(container, force: true);
    }

    private static CommandResult Boot(ContainerFixture fixture, params string[] options) =>
        Command.Run(RepositoryPaths.Ctrun, ["boot", "--store", fixture.Paths.Root, "--run", fixture.Paths.RunRoot, .. options]);

    private static string[] Running(ContainerFixture fixture) => [.. fixture.Manager.List().Where(c => c.State is ContainerState.Running).Select(c => c.Name).Order(StringComparer.Ordinal)];

    private static async Task<Container> StartAsync(ContainerFixture fixture, string name, string policy)
    {
        var container = await fixture.StartAsync(new ContainerOptions { Name = name, Command = s_sleep, RestartPolicy = RestartPolicy.Parse(policy) });
        await fixture.LogsAsync(container, 1);
        return container;
    }

    private static void GoDown(Container container)
    {
        using (var file = MonitorLockFile.TryOpen(container.Directory)!)
        using (var monitor = file.OpenMonitor()!)
        {
            // Its guard first, which would take its place.
            foreach (int process in ProcessTable.WithDescendants([monitor.Pid]).Where(process => ProcessTable.CommandLine(process).Contains("guard", StringComparison.Ordinal)))
                ProcessTable.Signal(process, 9);
            monitor.SendSignal(9);
            monitor.WaitForExit(TimeSpan.FromSeconds(10), CancellationToken.None);
        }
        Linux.Cgroups.Cgroup.At("/containertools/" + container.Id).Kill();
        string state = Path.Combine(container.Directory, "state.json");
        File.WriteAllText(state, File.ReadAllText(state).Replace(BootId.Current, "00000000-0000-0000-0000-000000000000", StringComparison.Ordinal));
    }
}
