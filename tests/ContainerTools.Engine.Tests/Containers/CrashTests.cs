using System.Globalization;
using ContainerTools.Engine.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class CrashTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Fact]
    public async Task AKilledMonitorTakesItsContainerWithIt()
    {
        var container = await fixture.StartAsync("sleep", "60");
        int pid = container.Pid!.Value;
        ProcessTable.Kill([ProcessTable.Parent(pid)]);
        await Eventually(() => fixture.Manager.Refresh(container).State is ContainerState.Exited);
        var ended = fixture.Manager.Refresh(container);
        Assert.Equal(137, ended.ExitCode);
        Assert.NotNull(ended.Error);
        Assert.NotNull(ended.FinishedAt);
        await Eventually(() => !ProcessTable.IsAlive(pid));
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
        container = await fixture.Manager.StartAsync(ended, CancellationToken.None);
        Assert.Equal(ContainerState.Running, container.State);
        ProcessTable.Kill([ProcessTable.Parent(container.Pid!.Value)]);
        await fixture.RemoveAsync(container, force: true);
        Assert.Empty(fixture.Manager.Find(container.Id));
    }

    [Fact]
    public async Task TheKernelEndsAContainerWithItsMonitorThoughNobodyLooks()
    {
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sleep", "60"], User = "user" });
        int pid = container.Pid!.Value;
        ProcessTable.Kill([ProcessTable.Parent(pid)]);
        await Eventually(() => !ProcessTable.IsAlive(pid));
        await fixture.RemoveAsync(container, force: true);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("crun")]
    public async Task AKilledMonitorHasASuccessorThatDoesWhatTheRestartPolicySays(string? runtime)
    {
        // A process that changes its user is not ended by the kernel.
        string[] command = ["su", "-s", "/bin/sh", "user", "-c", "exec sleep 60"];
        var container = await fixture.StartAsync(new ContainerOptions { Command = runtime is null ? command : ["sleep", "60"], RestartPolicy = RestartPolicy.Parse("always"), Runtime = runtime });
        int pid = container.Pid!.Value;
        await KillSettledMonitorAsync(pid);
        await Eventually(() => !ProcessTable.IsAlive(pid));
        // What is on record there was written without a look of ours.
        string state = Path.Combine(container.Directory, "state.json");
        await Eventually(() => File.ReadAllText(state) is var text && text.Contains("\"running\"", StringComparison.Ordinal) && text.Contains("\"restartCount\":1", StringComparison.Ordinal));
        container = fixture.Manager.Refresh(container);
        Assert.Equal((ContainerState.Running, 1), (container.State, container.RestartCount));
        Assert.True(ProcessTable.IsAlive(container.Pid!.Value));
        // The next one is succeeded too.
        pid = container.Pid!.Value;
        await KillSettledMonitorAsync(pid);
        await Eventually(() => fixture.Manager.Refresh(container) is { State: ContainerState.Running, RestartCount: 2 });
        await fixture.Manager.StopAsync(container, new StopOptions { Timeout = TimeSpan.Zero }, CancellationToken.None);
        Assert.Equal(ContainerState.Exited, fixture.Manager.Refresh(container).State);
        await fixture.RemoveAsync(container);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AKilledMonitorsSuccessorRecordsTheEndAndRemovesWhatIsToBeRemoved()
    {
        var kept = await fixture.StartAsync("sleep", "60");
        var removed = await fixture.StartAsync(new ContainerOptions { Command = ["sleep", "60"], AutoRemove = true });
        await KillSettledMonitorAsync(kept.Pid!.Value);
        await KillSettledMonitorAsync(removed.Pid!.Value);
        await Eventually(() => !Directory.Exists(removed.Directory));
        await Eventually(() => File.ReadAllText(Path.Combine(kept.Directory, "state.json")).Contains("\"exited\"", StringComparison.Ordinal));
        kept = fixture.Manager.Refresh(kept);
        Assert.Equal((ContainerState.Exited, 137), (kept.State, kept.ExitCode));
        Assert.NotNull(kept.Error);
        await fixture.RemoveAsync(kept);
    }

    [Fact]
    public async Task WhoStandsByAMonitorGoesWithIt()
    {
        var container = await fixture.StartAsync("sleep", "60");
        int guard = await GuardAsync(ProcessTable.Parent(container.Pid!.Value));
        await fixture.Manager.StopAsync(container, new StopOptions { Timeout = TimeSpan.Zero }, CancellationToken.None);
        Assert.False(ProcessTable.IsAlive(guard));
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task AStoppedMonitorGoesOnWhenItsContainerIsToEnd()
    {
        const int Sigstop = 19;
        foreach (var timeout in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(30) })
        {
            var container = await fixture.StartAsync("sh", "-c", "trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done");
            await fixture.LogsAsync(container, 1);
            ProcessTable.Signal(ProcessTable.Parent(container.Pid!.Value), Sigstop);
            var stopping = fixture.Manager.StopAsync(container, new StopOptions { Timeout = timeout }, CancellationToken.None);
            Assert.Same(stopping, await Task.WhenAny(stopping, Task.Delay(10_000)));
            Assert.Equal(timeout > TimeSpan.Zero ? 3 : 137, (await stopping).ExitCode);
            await fixture.RemoveAsync(container);
        }
    }

    [Fact]
    public async Task AnotherBootIsNotTakenForARunningContainer()
    {
        var container = await fixture.StartAsync("sleep", "60");
        await fixture.Manager.StopAsync(container, new StopOptions { Timeout = TimeSpan.Zero }, CancellationToken.None);
        string file = Path.Combine(container.Directory, "state.json");
        File.WriteAllText(file, $$"""{"state":"running","pid":1,"pidStartTime":1,"bootId":"00000000-0000-0000-0000-000000000000","startedAt":"2026-01-01T00:00:00Z"}""");
        var seen = fixture.Manager.Get(container.Name);
        Assert.Equal(ContainerState.Exited, seen.State);
        Assert.Null(seen.ExitCode);
        Assert.Contains("host went down", seen.Error, StringComparison.Ordinal);
        // A crash may leave the file empty.
        File.WriteAllText(file, "");
        Assert.Equal(ContainerState.Exited, fixture.Manager.Get(container.Name).State);
        container = await fixture.Manager.StartAsync(seen, CancellationToken.None);
        Assert.Equal(ContainerState.Running, container.State);
        await fixture.RemoveAsync(container, force: true);
    }

    [Fact]
    public async Task ALostRunDirectoryIsNotTakenForAStop()
    {
        using var own = new ContainerFixture();
        var container = await own.StartAsync("sleep", "60");
        Directory.Delete(own.Paths.RunRoot, recursive: true);
        Assert.Equal(ContainerState.Running, own.Manager.Get(container.Id).State);
        var lines = new List<string>();
        Assert.Equal(3, await own.Manager.ExecAsync(container, new ExecOptions { Command = ["sh", "-c", "cat /proc/1/comm; exit 3"] }, (_, line) => lines.Add(line), CancellationToken.None));
        Assert.Equal(["sleep"], lines);
        Assert.Equal(0, await own.Manager.ExecAsync(container, new ExecOptions { Command = ["true"] }, (_, line) => lines.Add(line), CancellationToken.None));
        var stopped = await own.Manager.StopAsync(container, new StopOptions { Timeout = TimeSpan.Zero }, CancellationToken.None);
        Assert.Equal(137, stopped.ExitCode);
        await own.RemoveAsync(stopped);
        Assert.Empty(own.Leftovers());
    }

    [Fact]
    public async Task AHalfMadeContainerIsGarbage()
    {
        var container = fixture.Create("true");
        string copy = Path.Combine(fixture.Paths.Containers, new string('e', 64));
        Directory.CreateDirectory(copy);
        File.WriteAllText(Path.Combine(copy, "container.json.new"), File.ReadAllText(Path.Combine(container.Directory, "container.json"))
            .Replace(container.Id, new string('e', 64), StringComparison.Ordinal).Replace(container.Name, "half", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(copy, "monitor.lock"), "");
        Assert.DoesNotContain(fixture.Manager.List(), c => c.Name == "half");
        // What a shell leaves that is killed just before it writes that much.
        string begun = Path.Combine(fixture.Paths.Containers, new string('d', 64)), removed = Path.Combine(fixture.Paths.Containers, ".removed-" + new string('c', 64));
        Directory.CreateDirectory(begun);
        Directory.CreateDirectory(removed);
        // And what a power cut leaves of a record that was not on the disk yet.
        string cut = Path.Combine(fixture.Paths.Containers, new string('b', 64));
        Directory.CreateDirectory(cut);
        File.WriteAllText(Path.Combine(cut, "container.json"), "");
        var asked = new List<string>();
        fixture.Manager.RemoveInterrupted(directory =>
        {
            asked.Add(directory);
            return directory == begun;
        }, CancellationToken.None);
        // Other tests may be in the middle of a removal.
        Assert.Equal([copy, begun, cut, removed], asked.Where(d => d == copy || d == begun || d == cut || d == removed).OrderDescending());
        Assert.Equal((true, false, true), (Directory.Exists(copy), Directory.Exists(begun), Directory.Exists(removed)));
        var half = fixture.Create(new ContainerOptions { Name = "half", Command = ["true"] });
        Assert.Equal((false, false, false), (Directory.Exists(copy), Directory.Exists(removed), Directory.Exists(cut)));
        await fixture.RemoveAsync(half);
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task TheShellsEndDoesNotTouchTheContainer()
    {
        // A process of its own plays the shell: the test's binary cannot be killed, but its start can be in another session's process group.
        var container = await fixture.StartAsync("sh", "-c", "sleep 0.3; echo still here; exit 4");
        int monitor = ProcessTable.Parent(container.Pid!.Value);
        string[] stat = File.ReadAllText($"/proc/{monitor}/stat").Split(") ")[1].Split(' ');
        Assert.Equal(monitor.ToString(System.Globalization.CultureInfo.InvariantCulture), stat[3]);
        container = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        Assert.Equal(4, container.ExitCode);
        Assert.Equal(["still here"], await fixture.LogAsync(container));
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task ACancelledStartLeavesNothing()
    {
        for (int delay = 0; delay < 30; delay += 3)
        {
            var container = fixture.Create("sleep", "60");
            using var cancel = new CancellationTokenSource();
            cancel.CancelAfter(delay);
            try
            {
                await fixture.Manager.StartAsync(container, cancel.Token);
            }
            catch (OperationCanceledException)
            {
                // One that was cancelled before it began may still be got ready, by a monitor in reserve.
                Assert.NotEqual(ContainerState.Running, fixture.Manager.Refresh(container).State);
            }
            await fixture.RemoveAsync(container, force: true);
            Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task AMonitorKilledBetweenTwoRunsHasASuccessorThatCountsOn()
    {
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sh", "-c", "sleep 0.6; exit 3"], RestartPolicy = RestartPolicy.Parse("always") });
        // By then the wait is 0.8 s.
        await Eventually(() => fixture.Manager.Refresh(container) is { State: ContainerState.Restarting, RestartCount: >= 3 });
        int count = fixture.Manager.Refresh(container).RestartCount;
        ProcessTable.Kill([int.Parse(File.ReadAllText(Path.Combine(container.Directory, "monitor.lock")).Split(' ')[0], CultureInfo.InvariantCulture)]);
        await Eventually(() => fixture.Manager.Refresh(container).State is ContainerState.Running);
        Assert.Equal(count + 1, fixture.Manager.Refresh(container).RestartCount);
        await fixture.RemoveAsync(container, force: true);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
    }

    /// <summary>Kills the monitor of a process when another one stands by it.</summary>
    private static async Task KillSettledMonitorAsync(int pid)
    {
        int monitor = ProcessTable.Parent(pid);
        _ = await GuardAsync(monitor);
        ProcessTable.Kill([monitor]);
    }

    private static async Task<int> GuardAsync(int monitor)
    {
        int guard = 0;
        await Eventually(() =>
        {
            string[] children = File.ReadAllText($"/proc/{monitor}/task/{monitor}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string? found = Array.Find(children, child => ProcessTable.CommandLine(int.Parse(child, CultureInfo.InvariantCulture)).Contains("guard", StringComparison.Ordinal));
            guard = found is null ? 0 : int.Parse(found, CultureInfo.InvariantCulture);
            return guard > 0;
        });
        return guard;
    }

    private static async Task Eventually(Func<bool> condition)
    {
        for (int i = 0; i < 200; i++)
        {
            if (condition())
                return;
            await Task.Delay(25);
        }
        Assert.Fail("It did not happen within five seconds.");
    }
}
