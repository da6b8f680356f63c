using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Events;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Tests.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Events;

public sealed class EventLogTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Fact]
    public async Task TellsALifeInOrder()
    {
        var now = new StopOptions { Timeout = TimeSpan.Zero };
        var begin = DateTimeOffset.UtcNow;
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sleep", "60"], Name = "life", Volumes = [ContainerTools.Engine.Volumes.VolumeMount.Parse("life-data:/data")] });
        fixture.Manager.Suspend(container);
        fixture.Manager.Suspend(container);
        fixture.Manager.Resume(container);
        fixture.Manager.Resume(container);
        await fixture.Manager.ExecAsync(container, new ExecOptions { Command = ["sh", "-c", "true"] }, (_, _) => { }, CancellationToken.None);
        container = fixture.Manager.Rename(container, "other", CancellationToken.None);
        container = await fixture.Manager.RestartAsync(container, now, CancellationToken.None);
        fixture.Manager.Kill(container, "USR1");
        container = await fixture.Manager.StopAsync(container, now, CancellationToken.None);
        await fixture.RemoveAsync(container);
        var events = await ReadAsync(new EventQuery { Since = begin });
        Assert.Equal(
            ["Volume Create life-data", "Container Create life", "Container Start life", "Container Pause life", "Container Unpause life", "Container Exec life", "Container Rename other",
            "Container Die other", "Container Stop other", "Container Start other", "Container Restart other", "Container Kill other", "Container Die other", "Container Stop other", "Container Remove other"],
            events.Select(e => e.ToString()));
        Assert.All(events.Skip(1), e => Assert.Equal((container.Id, "busybox:latest"), (e.Id, e.Attributes["image"])));
        Assert.Equal(events.Select(e => e.Time).Order(), events.Select(e => e.Time));
        Assert.Equal([137, 137], events.Where(e => e.Action is ContainerEventAction.Die).Select(e => e.ExitCode!.Value));
        Assert.Equal(("sh -c true", "life", "SIGUSR1"), (events[5].Attributes["command"], events[6].Attributes["oldName"], events[11].Attributes["signal"]));
        fixture.Volumes.Remove("life-data", force: false);
        Assert.Equal("Volume Remove life-data", (await ReadAsync(new EventQuery { Since = events[^1].Time }))[^1].ToString());
    }

    [Fact]
    public async Task TellsWhatMonitorsDo()
    {
        var begin = DateTimeOffset.UtcNow;
        var (failing, _) = await fixture.RunAsync(new ContainerOptions { Command = ["sh", "-c", "exit 5"], Name = "failing", RestartPolicy = RestartPolicy.Parse("on-failure:1") });
        var (passing, _) = await fixture.RunAsync(new ContainerOptions { Command = ["sh", "-c", "x=$(head -c 60000000 /dev/zero | tr '\\0' x); echo ${#x}"], Name = "passing", AutoRemove = true, Memory = 16 << 20, MemorySwap = 16 << 20 });
        var missing = fixture.Create(new ContainerOptions { Command = ["/no/such"], Name = "missing" });
        await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.Manager.StartAsync(missing, CancellationToken.None));
        var killed = await fixture.StartAsync(new ContainerOptions { Command = ["sleep", "60"], Name = "killed" });
        using (var file = MonitorLockFile.TryOpen(killed.Directory)!)
        using (var monitor = file.OpenMonitor()!)
        {
            monitor.SendSignal(9);
            monitor.WaitForExit(TimeSpan.FromSeconds(10), CancellationToken.None);
        }
        killed = fixture.Manager.Refresh(killed);
        var events = await ReadAsync(new EventQuery { Since = begin });
        string[] Of(Container container) => [.. events.Where(e => e.Id == container.Id).Select(e => e.Action.ToString())];
        Assert.Equal(["Create", "Start", "Die", "Restart", "Start", "Die"], Of(failing));
        Assert.Equal(["Create", "Start", "OutOfMemory", "Die", "Remove"], Of(passing));
        Assert.Equal(["Create", "Die"], Of(missing));
        Assert.Contains("/no/such", events.Single(e => e.Id == missing.Id && e.Action is ContainerEventAction.Die).Attributes["error"], StringComparison.Ordinal);
        Assert.Equal(["Create", "Start", "Die"], Of(killed));
        foreach (var container in new[] { failing, missing, killed })
            await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task ManyWritersLoseNothingAndAFollowerSeesAllWhileItIsRotated()
    {
        const int Writers = 8, Each = 1500;
        using var store = new TemporaryStore();
        var paths = new StorePaths(store.Root, store.RunRoot);
        paths.EnsureCreated();
        using var enough = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        List<string> seen = [];
        var follower = Task.Run(async () =>
        {
            await foreach (var found in EventLog.ReadAsync(paths, new EventQuery { Since = DateTimeOffset.UnixEpoch, Follow = true }, enough.Token))
            {
                seen.Add(found.Id);
                if (seen.Count == Writers * Each)
                    break;
            }
        }, CancellationToken.None);
        string filling = new('x', 1000);
        Parallel.For(0, Writers, new ParallelOptions { MaxDegreeOfParallelism = Writers }, writer =>
        {
            for (int i = 0; i < Each; i++)
                EventLog.Add(paths.Root, ContainerEventType.Volume, ContainerEventAction.Create, $"{writer}-{i}", "name", ("filling", filling));
        });
        await follower;
        Assert.Equal(Writers * Each, seen.Distinct().Count());
        Assert.All(Enumerable.Range(0, Writers), writer => Assert.Equal(Enumerable.Range(0, Each).Select(i => $"{writer}-{i}"), seen.Where(id => id.StartsWith($"{writer}-", StringComparison.Ordinal))));
        // 12 MB were written: one file is full, one is not.
        Assert.Equal(2, Directory.GetFiles(Path.Combine(paths.Root, "events")).Length);
        Assert.Equal(Writers * Each, (await ReadAsync(new EventQuery(), paths)).Count);
    }

    [Fact]
    public async Task WhatIsNoEventIsPassedOverAndAFullDiskDisturbsNobody()
    {
        using var store = new TemporaryStore();
        string disk = Directory.CreateDirectory(Path.Combine(store.Scratch, "disk")).FullName;
        Command.Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk).Succeeded();
        var paths = new StorePaths(Path.Combine(disk, "root"), store.RunRoot);
        paths.EnsureCreated();
        EventLog.Add(paths.Root, ContainerEventType.Image, ContainerEventAction.Pull, "sha256:0123456789abcdef", "a \"quoted\"\nname", ("none", null));
        File.AppendAllText(Path.Combine(paths.Root, "events/events.log"), "{\"time\":\"2020-01-01T00:00:00Z\",\"type\":\"contai\nnonsense\n{}\n{\"time\":\"2020-01-01T00:00:00Z\",\"type\":\"moon\",\"action\":\"rise\",\"id\":\"x\",\"name\":\"x\"}\n");
        for (int i = 0; i < 200; i++)
            EventLog.Add(paths.Root, ContainerEventType.Volume, ContainerEventAction.Create, $"{i}", new string('x', 1000));
        var events = await ReadAsync(new EventQuery(), paths);
        Assert.Equal(("sha256:0123456789abcdef", "0123456789ab", "a \"quoted\"\nname"), (events[0].Id, events[0].ShortId, events[0].Name));
        Assert.Empty(events[0].Attributes);
        Assert.InRange(events.Count, 10, 100);
        Assert.Equal("0", events[1].Id);
    }

    [Fact]
    public async Task IsReadBetweenTwoTimesAndFollowedUntilOne()
    {
        using var store = new TemporaryStore();
        var paths = new StorePaths(store.Root, store.RunRoot);
        paths.EnsureCreated();
        EventLog.Add(paths.Root, ContainerEventType.Volume, ContainerEventAction.Create, "one", "one");
        await Task.Delay(20);
        var middle = DateTimeOffset.UtcNow;
        EventLog.Add(paths.Root, ContainerEventType.Volume, ContainerEventAction.Create, "two", "two");
        Assert.Equal("two", (await ReadAsync(new EventQuery { Since = middle }, paths)).Single().Id);
        Assert.Equal("one", (await ReadAsync(new EventQuery { Until = middle }, paths)).Single().Id);
        Assert.Equal("two", (await ReadAsync(new EventQuery { Where = e => e.Id == "two" }, paths)).Single().Id);
        var following = ReadAsync(new EventQuery { Since = middle, Until = DateTimeOffset.UtcNow.AddSeconds(1), Follow = true }, paths);
        EventLog.Add(paths.Root, ContainerEventType.Volume, ContainerEventAction.Remove, "two", "two");
        Assert.Equal([ContainerEventAction.Create, ContainerEventAction.Remove], (await following).Select(e => e.Action));
    }

    private Task<List<ContainerEvent>> ReadAsync(EventQuery query) => ReadAsync(query, fixture.Paths);

    private static async Task<List<ContainerEvent>> ReadAsync(EventQuery query, StorePaths paths)
    {
        List<ContainerEvent> events = [];
        await foreach (var found in EventLog.ReadAsync(paths, query, CancellationToken.None))
            events.Add(found);
        return events;
    }
}
