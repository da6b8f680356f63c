using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Health;
using ContainerTools.Engine.Tests.Containers;
using ContainerTools.Oci;

namespace ContainerTools.Engine.Tests.Health;

public sealed class HealthTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(150);

    [Fact]
    public async Task FollowsTheChecksBeforeAndAfterTheMonitorBeginsAnew()
    {
        var container = await StartAsync("[ -e /ok ] && echo fine || { echo bad >&2; exit 3; }", retries: 3);
        Assert.Equal(HealthStatus.Starting, container.Health!.Status);
        Assert.Empty(container.Health.Log);
        container = await UntilAsync(container, h => h.Status is HealthStatus.Unhealthy);
        Assert.True(container.Health!.FailingStreak >= 3);
        Assert.Equal((3, "bad\n"), (container.Health.Log[0].ExitCode, container.Health.Log[0].Output));
        Assert.True(container.Health.Log[0].FinishedAt >= container.Health.Log[0].StartedAt && container.Health.Log[0].StartedAt >= container.StartedAt!.Value.AddMilliseconds(100));

        await ExecAsync(container, "touch", "/ok");
        container = await UntilAsync(container, h => h.Status is HealthStatus.Healthy);
        Assert.Equal((0, 0, "fine\n"), (container.Health!.FailingStreak, container.Health.Log[^1].ExitCode, container.Health.Log[^1].Output));
        // The monitor's second image knows what the first has found.
        await Task.Delay(1500);
        container = fixture.Manager.Refresh(container);
        Assert.Equal((HealthStatus.Healthy, 5), (container.Health!.Status, container.Health.Log.Count));
        await ExecAsync(container, "rm", "/ok");
        container = await UntilAsync(container, h => h.Status is HealthStatus.Unhealthy);
        await fixture.RemoveAsync(container, force: true);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ACheckThatTakesTooLongIsKilledAndHasFailed()
    {
        var container = await StartAsync("echo begun; exec sleep 4711", retries: 1, timeout: TimeSpan.FromMilliseconds(300));
        container = await UntilAsync(container, h => h.Status is HealthStatus.Unhealthy);
        var result = container.Health!.Log[0];
        Assert.Equal(-1, result.ExitCode);
        Assert.Contains("longer than 0.3 seconds", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("begun\n", result.Output, StringComparison.Ordinal);
        await Task.Delay(1000);
        // One under way at most.
        Assert.True((await ExecAsync(container, "ps", "-o", "args")).Count(l => l.Contains("4711", StringComparison.Ordinal)) <= 1);
        await fixture.RemoveAsync(container, force: true);
    }

    [Fact]
    public async Task FailuresAtTheStartDoNotCountAndThePausedAreLeftAlone()
    {
        var container = await StartAsync("exit 1", retries: 1, startPeriod: TimeSpan.FromSeconds(2));
        container = await UntilAsync(container, h => h.Log.Count >= 2);
        Assert.Equal((HealthStatus.Starting, 0), (container.Health!.Status, container.Health.FailingStreak));
        container = await UntilAsync(container, h => h.Status is HealthStatus.Unhealthy);
        Assert.True(DateTimeOffset.UtcNow - container.StartedAt >= TimeSpan.FromSeconds(2));

        fixture.Manager.Suspend(container);
        await Task.Delay(300);
        int before = fixture.Manager.Refresh(container).Health!.FailingStreak;
        await Task.Delay(700);
        container = fixture.Manager.Refresh(container);
        Assert.Equal((ContainerState.Paused, before), (container.State, container.Health!.FailingStreak));
        fixture.Manager.Resume(container);
        await UntilAsync(container, h => h.FailingStreak > before);
        await fixture.RemoveAsync(container, force: true);
    }

    [Fact]
    public async Task RunsAsTheContainerDoesAndBeginsAnewWithIt()
    {
        var container = await fixture.StartAsync(new ContainerOptions
        {
            Command = ["sh", "-c", "sleep 1; exit 1"],
            User = "1234:5678",
            WorkingDirectory = "/tmp",
            Environment = new Dictionary<string, string?> { ["A"] = "b" },
            RestartPolicy = RestartPolicy.Parse("always"),
            HealthCheck = new HealthCheckOptions { Command = ["echo $(id -u) $(id -g) $(pwd) $A"], Interval = s_often },
        });
        container = await UntilAsync(container, h => h.Status is HealthStatus.Healthy);
        Assert.Equal("1234 5678 /tmp b\n", container.Health!.Log[0].Output);
        // Its runs are short, so the same look must see the next run and a check of that.
        bool anew = false;
        for (int i = 0; i < 500 && !anew; i++)
        {
            await Task.Delay(20);
            container = fixture.Manager.Refresh(container);
            anew = container is { RestartCount: > 0, State: ContainerState.Running, Health.Status: HealthStatus.Healthy } && container.Health!.Log[0].StartedAt > container.StartedAt;
        }
        Assert.True(anew);
        await fixture.RemoveAsync(container, force: true);
    }

    [Fact]
    public async Task WorksThroughAnotherRuntime()
    {
        var container = await fixture.StartAsync(new ContainerOptions
        {
            Command = ["sleep", "60"],
            Runtime = "crun",
            HealthCheck = new HealthCheckOptions { Command = ["CMD", "echo", "hello"], Interval = s_often },
        });
        container = await UntilAsync(container, h => h.Status is HealthStatus.Healthy);
        Assert.Equal("hello\n", container.Health!.Log[0].Output);
        await fixture.RemoveAsync(container, force: true);
    }

    [Fact]
    public async Task AContainerEndsThoughAnotherRuntimeHasLeftAProcessOfACheck()
    {
        string runtime = Path.Combine(fixture.Scratch, "crun");
        File.WriteAllText(runtime, """
            #!/bin/sh
            for word; do
                shift
                [ "$word" = exec ] && set -- "$@" exec --detach || set -- "$@" "$word"
            done
            exec /usr/bin/crun "$@"
            """);
        File.SetUnixFileMode(runtime, (UnixFileMode)0x1ED);
        var container = await fixture.StartAsync(new ContainerOptions
        {
            Command = ["sleep", "60"],
            Runtime = runtime,
            HealthCheck = new HealthCheckOptions { Command = ["CMD", "sleep", "1000"], Interval = s_often },
        });
        container = await UntilAsync(container, h => h.Log.Count > 0);
        var removal = fixture.RemoveAsync(container, force: true);
        Assert.Same(removal, await Task.WhenAny(removal, Task.Delay(8_000)));
        await removal;
    }

    [Fact]
    public async Task TheImagesCheckHoldsUnlessItIsTurnedOffOrReplaced()
    {
        var image = new ImageRuntimeConfig
        {
            Cmd = ["sleep", "60"],
            Healthcheck = new ImageHealthcheck { Test = ["CMD-SHELL", "echo image"], Interval = TimeSpan.FromSeconds(7), Retries = 9 },
        };
        var own = fixture.Create(new ContainerOptions(), image);
        Assert.Equal(["/bin/sh", "-c", "echo image"], own.HealthCheck!.Command);
        Assert.Equal((TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(30), 9), (own.HealthCheck.Interval, own.HealthCheck.Timeout, own.HealthCheck.Retries));
        var times = fixture.Create(new ContainerOptions { HealthCheck = new HealthCheckOptions { Interval = s_often } }, image);
        Assert.Equal((s_often, 9), (times.HealthCheck!.Interval, times.HealthCheck.Retries));
        times = await UntilAsync(await fixture.Manager.StartAsync(times, CancellationToken.None), h => h.Status is HealthStatus.Healthy);
        Assert.Equal("image\n", times.Health!.Log[0].Output);
        Assert.Null(fixture.Create(new ContainerOptions { HealthCheck = new HealthCheckOptions { Command = ["none"] } }, image).Health);
        Assert.Equal(["a", "b"], fixture.Create(new ContainerOptions { HealthCheck = new HealthCheckOptions { Command = ["a", "b"] } }, image).HealthCheck!.Command);
        foreach (var container in fixture.Manager.List())
            await fixture.RemoveAsync(container, force: true);
    }

    [Fact]
    public void WhatMakesNoSenseIsRefused()
    {
        HealthCheckOptions[] wrong =
        [
            new() { Interval = s_often }, new() { Command = ["x"], Retries = 0 }, new() { Command = ["x"], Interval = TimeSpan.Zero }, new() { Command = ["x"], Timeout = TimeSpan.FromSeconds(-1) }, new() { Command = [" "] },
        ];
        foreach (var options in wrong)
            Assert.Equal("InvalidHealthCheck", Assert.Throws<ContainerToolsException>(() => fixture.Create(new ContainerOptions { Command = ["true"], HealthCheck = options })).ErrorId);
    }

    private Task<Container> StartAsync(string check, int retries, TimeSpan? timeout = null, TimeSpan? startPeriod = null) => fixture.StartAsync(new ContainerOptions
    {
        Command = ["sleep", "60"],
        HealthCheck = new HealthCheckOptions { Command = [check], Interval = s_often, Retries = retries, Timeout = timeout, StartPeriod = startPeriod },
    });

    private async Task<Container> UntilAsync(Container container, Func<ContainerHealth, bool> condition)
    {
        for (long deadline = Environment.TickCount64 + 30_000; !condition((container = fixture.Manager.Refresh(container)).Health!);)
        {
            Assert.True(Environment.TickCount64 < deadline, $"'{container.Name}' is {container.State} and {container.Health}: {string.Join(", ", container.Health!.Log)}");
            await Task.Delay(20);
        }
        return container;
    }

    private async Task<string[]> ExecAsync(Container container, params string[] command)
    {
        List<string> lines = [];
        await fixture.Manager.ExecAsync(container, new ExecOptions { Command = command }, (_, line) => lines.Add(line), CancellationToken.None);
        return [.. lines];
    }
}
