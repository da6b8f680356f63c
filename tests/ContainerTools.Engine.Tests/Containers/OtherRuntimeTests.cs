using System.Globalization;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Health;
using ContainerTools.Engine.Volumes;
using ContainerTools.Linux;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class OtherRuntimeTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Theory]
    [InlineData("crun", "host")]
    [InlineData("crun", "auto")]
    [InlineData("runc", "host")]
    [InlineData("runc", "auto")]
    public async Task RunsTheSameContainer(string runtime, string userNamespace)
    {
        var options = new ContainerOptions
        {
            Command = ["sh", "-c", "echo $$; id -u; id -g; echo $HOME; hostname; cat /data/f 2>/dev/null; echo x >> /data/f; echo err >&2; touch /root/x || echo refused; sed 's/ .*//' /proc/self/uid_map | head -1; exit 3"],
            Runtime = runtime,
            UserNamespace = userNamespace,
            User = "user",
            HostName = "other",
            Volumes = [VolumeMount.Parse($"{runtime}{userNamespace}:/data")],
        };
        fixture.Volumes.Create($"{runtime}{userNamespace}");
        Directory.CreateDirectory(Path.Combine(fixture.Layer, "data"));
        File.SetUnixFileMode(Path.Combine(fixture.Layer, "data"), (UnixFileMode)0x1FF);
        var (container, output) = await fixture.RunAsync(options);
        Assert.Equal(["1", "1000", "1000", "/home/user", "other"], output.Take(5));
        Assert.Contains("refused", output);
        Assert.Contains("err", output);
        Assert.Equal(3, container.ExitCode);
        string file = Path.Combine(fixture.Volumes.Get($"{runtime}{userNamespace}").MountPoint, "f");
        Assert.Equal("1000", Command.Run("stat", "-c", "%u", file).Succeeded().Output.Trim());
        // Again: the writable layer and the id are the same.
        container = await fixture.Manager.StartAsync(container, CancellationToken.None);
        container = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        Assert.Contains("x", await fixture.LogAsync(container));
        await fixture.RemoveAsync(container);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatIsNoRuntimeIsOneErrorAndLeavesNothing()
    {
        var container = fixture.Create(new ContainerOptions { Command = ["true"], Runtime = "/bin/true" });
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.Manager.StartAsync(container, CancellationToken.None));
        Assert.Equal("RuntimeFailed", error.ErrorId);
        Assert.Contains("'/bin/true'", error.Message, StringComparison.Ordinal);
        Assert.Contains("OCI runtime", error.Message, StringComparison.Ordinal);
        await fixture.RemoveAsync(container);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal) || l.EndsWith("/other", StringComparison.Ordinal) || l.EndsWith("/other/true", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("crun")]
    [InlineData("runc")]
    public async Task StopsExecutesAndReportsErrors(string runtime)
    {
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sleep", "60"], Runtime = runtime });
        List<string> lines = [];
        int code = await fixture.Manager.ExecAsync(container, new ExecOptions { Command = ["sh", "-c", "hostname; exit 4"] }, (_, line) => lines.Add(line), CancellationToken.None);
        Assert.Equal(4, code);
        Assert.Equal([container.ShortId], lines);
        container = await fixture.Manager.StopAsync(container, new StopOptions { Timeout = TimeSpan.FromSeconds(0.2) }, CancellationToken.None);
        Assert.Equal(137, container.ExitCode);
        await fixture.RemoveAsync(container);
        var missing = fixture.Create(new ContainerOptions { Command = ["/nosuch"], Runtime = runtime });
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.Manager.StartAsync(missing, CancellationToken.None));
        Assert.Equal("CommandNotFound", error.ErrorId);
        Assert.Contains("/nosuch", error.Message, StringComparison.Ordinal);
        await fixture.RemoveAsync(missing);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(missing.Id, StringComparison.Ordinal) || l.Contains(container.Id, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("crun", "auto")]
    [InlineData("crun", "host")]
    [InlineData("runc", "auto")]
    public async Task ACommandAndACheckAreWhoAndWhereTheContainerIs(string runtime, string userNamespace)
    {
        const string Who = "id -u; id -g; id -G; pwd; echo $A $B; echo $HOME; grep CapEff /proc/self/status";
        Directory.CreateDirectory(Path.Combine(fixture.Layer, "work"));
        var container = await fixture.StartAsync(new ContainerOptions
        {
            Command = ["sleep", "60"],
            Runtime = runtime,
            UserNamespace = userNamespace,
            User = "user",
            GroupAdd = ["4242"],
            WorkingDirectory = "/work",
            Environment = new Dictionary<string, string?> { ["A"] = "of the container" },
            HealthCheck = new HealthCheckOptions { Command = ["CMD-SHELL", Who], Interval = TimeSpan.FromMilliseconds(100) },
        });
        string[] own = ["1000", "1000", "1000 100 2000 4242", "/work", "of the container", "/home/user", "CapEff:\t0000000000000000"];
        Assert.Equal(own, await ExecAsync(container, new ExecOptions { Command = ["sh", "-c", Who] }));
        var other = await ExecAsync(container, new ExecOptions
        {
            Command = ["sh", "-c", Who],
            User = "root",
            WorkingDirectory = "/",
            Environment = new Dictionary<string, string?> { ["B"] = "and more" },
        });
        Assert.Equal(["0", "0", "0 4242", "/", "of the container and more", "/root"], other.Take(6));
        Assert.Equal(["7", "8"], (await ExecAsync(container, new ExecOptions { Command = ["sh", "-c", Who], User = "7:8" })).Take(2));
        Assert.Equal(userNamespace == "host" ? File.ReadLines("/proc/self/status").First(l => l.StartsWith("CapEff", StringComparison.Ordinal)) : $"CapEff:\t{(1UL << Capabilities.LastOfKernel() + 1) - 1:x16}", (await ExecAsync(container, new ExecOptions { Command = ["sh", "-c", Who], User = "0", Privileged = true }))[^1]);
        Assert.Equal("CapEff:\t0000000000000000", (await ExecAsync(container, new ExecOptions { Command = ["sh", "-c", Who], Terminal = true }))[^1]);
        for (int i = 0; i < 500 && container.Health!.Log.Count == 0; i++)
        {
            await Task.Delay(20);
            container = fixture.Manager.Refresh(container);
        }
        Assert.Equal(own, container.Health!.Log[0].Output.TrimEnd().Split('\n'));
        await fixture.RemoveAsync(container, force: true);
    }

    [Theory]
    [InlineData("crun")]
    [InlineData("runc")]
    public async Task SaysOnceWhatACommandLacks(string runtime)
    {
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sleep", "60"], Runtime = runtime });
        await Fails("UserNotFound", "nobody-here", new ExecOptions { Command = ["true"], User = "nobody-here" });
        await Fails("WorkingDirectoryNotFound", "/nowhere", new ExecOptions { Command = ["true"], WorkingDirectory = "/nowhere" });
        await Fails("WorkingDirectoryNotFound", "/etc/passwd", new ExecOptions { Command = ["true"], WorkingDirectory = "/etc/passwd" });
        await Fails("CommandNotFound", "nosuch", new ExecOptions { Command = ["nosuch"] });
        await Fails("CommandNotFound", "/no/such", new ExecOptions { Command = ["/no/such"] });
        await Fails("CommandNotExecutable", "/etc/passwd", new ExecOptions { Command = ["/etc/passwd"] });
        await fixture.RemoveAsync(container, force: true);

        async Task Fails(string errorId, string says, ExecOptions options)
        {
            List<string> lines = [];
            var error = await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.Manager.ExecAsync(container, options, (_, line) => lines.Add(line), CancellationToken.None));
            Assert.Equal(errorId, error.ErrorId);
            Assert.Contains(says, error.Message, StringComparison.Ordinal);
            Assert.Empty(lines);
        }
    }

    [Fact]
    public async Task ARuntimeThatWaitsForAProcessThatIsGoneIsNotWaitedFor()
    {
        // As crun does when somebody ends the container between its look and its word.
        using var directory = new TemporaryDirectory("orw");
        File.WriteAllText(directory["crun"], "#!/bin/sh\nfor word; do\n[ \"$word\" = start ] && kill -9 \"$(cat pid)\" && echo $$ > \"${0%/*}/waits\" && exec sleep 1000\ndone\nexec crun \"$@\"\n");
        File.SetUnixFileMode(directory["crun"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sleep", "60"], Runtime = directory["crun"] });
        Assert.Equal(137, (await fixture.Manager.WaitAsync(container, CancellationToken.None)).ExitCode);
        Assert.False(Directory.Exists("/proc/" + File.ReadAllText(directory["waits"]).Trim()));
        await fixture.RemoveAsync(container);
    }

    [Theory]
    [InlineData("host")]
    [InlineData("auto")]
    public async Task ANewRunDoesNotShareTheWritableLayerWithTheOneBefore(string userNamespace)
    {
        int before = Warnings();
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sleep", "60"], Runtime = "crun", UserNamespace = userNamespace, RestartPolicy = RestartPolicy.Parse("always") });
        int monitor = ProcessTable.Parent(container.Pid!.Value);
        for (int run = 1; run <= 2; run++)
        {
            await EventuallyAsync(() => Guard() is { } guard && MountsOf(guard) == MountsOf(monitor.ToString(CultureInfo.InvariantCulture)));
            ProcessTable.Kill([fixture.Manager.Refresh(container).Pid!.Value]);
            await EventuallyAsync(() => fixture.Manager.Refresh(container) is { State: ContainerState.Running } again && again.RestartCount == run);
        }
        // What the kernel says of two overlays on one writable layer.
        Assert.Equal(before, Warnings());
        await fixture.RemoveAsync(container, force: true);

        // Who stands by a monitor sees its mounts, or none.
        string? Guard() => File.ReadAllText($"/proc/{monitor}/task/{monitor}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(child => ProcessTable.CommandLine(int.Parse(child, CultureInfo.InvariantCulture)).Contains("guard", StringComparison.Ordinal));

        static string? MountsOf(string process) => new FileInfo($"/proc/{process}/ns/mnt").LinkTarget;

        static int Warnings() => Command.Run("dmesg").Succeeded().Lines.Count(line => line.Contains("overlayfs: upperdir is in-use", StringComparison.Ordinal));
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        for (int i = 0; i < 400 && !condition(); i++)
            await Task.Delay(25);
        Assert.True(condition());
    }

    private async Task<string[]> ExecAsync(Container container, ExecOptions options)
    {
        List<string> lines = [];
        Assert.Equal(0, await fixture.Manager.ExecAsync(container, options, (_, line) => lines.Add(line), CancellationToken.None));
        return [.. lines];
    }
}
