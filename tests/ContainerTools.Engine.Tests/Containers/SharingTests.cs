using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Volumes;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class SharingTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Theory]
    [InlineData("auto", null)]
    [InlineData("host", null)]
    [InlineData("auto", "crun")]
    public async Task ProcessesAreSharedWithTheIdsThatTheyBelongTo(string userNamespace, string? runtime)
    {
        var owner = await fixture.StartAsync(new ContainerOptions { Command = ["sh", "-c", "echo $$ >&2; exec sleep 4711"], UserNamespace = userNamespace });
        await fixture.LogsAsync(owner, 1);
        var (sharing, output) = await fixture.RunAsync(new ContainerOptions
        {
            Command = ["sh", "-c", "tr '\\0' ' ' < /proc/1/cmdline; echo; kill -0 1 && echo may; for n in pid user; do readlink /proc/self/ns/$n; done; hostname"],
            PidNamespace = "container:" + owner.Name,
            Runtime = runtime,
            HostName = "other",
        });
        Assert.Equal(["sleep 4711 ", "may", Namespace(owner, "pid"), Namespace(owner, "user"), "other"], output);
        Assert.Equal(owner.UserNamespace, sharing.UserNamespace);
        await fixture.RemoveAsync(sharing);
        Assert.True(ProcessTable.IsAlive(owner.Pid!.Value));
        await fixture.RemoveAsync(owner, force: true);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(sharing.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task IpcIsSharedWithItsMemoryWhereTheOwnerWantsThat()
    {
        var owner = await fixture.StartAsync(new ContainerOptions { Command = ["sh", "-c", "echo from the owner > /dev/shm/file; echo ready; exec sleep 60"], IpcNamespace = "shareable", ShmSize = 1 << 20 });
        await fixture.LogsAsync(owner, 1);
        var (sharing, output) = await fixture.RunAsync(new ContainerOptions
        {
            Command = ["sh", "-c", "cat /dev/shm/file; for n in ipc user; do readlink /proc/self/ns/$n; done; echo back > /dev/shm/back; stat -c %u /dev/shm/back; grep -c ' /dev/mqueue ' /proc/mounts; grep ' /dev/shm ' /proc/mounts | grep -o size=1024k"],
            IpcNamespace = "container:" + owner.Id[..12],
        });
        Assert.Equal(["from the owner", Namespace(owner, "ipc"), Namespace(owner, "user"), "0", "1", "size=1024k"], output);
        List<string> lines = [];
        await fixture.Manager.ExecAsync(owner, new ExecOptions { Command = ["cat", "/dev/shm/back"] }, (_, line) => lines.Add(line), CancellationToken.None);
        Assert.Equal(["back"], lines);

        var unwilling = fixture.Create("true");
        Assert.Equal("IpcNotShareable", Refusal(new ContainerOptions { IpcNamespace = "container:" + unwilling.Name }));
        Assert.Equal("UserNamespaceConflict", Refusal(new ContainerOptions { IpcNamespace = "container:" + owner.Name, PidNamespace = "container:" + unwilling.Name }));
        Assert.Equal("UserNamespaceConflict", Refusal(new ContainerOptions { IpcNamespace = "container:" + owner.Name, UserNamespace = "host" }));
        Assert.Equal("ContainerNotFound", Refusal(new ContainerOptions { PidNamespace = "container:nothing" }));
        Assert.Equal("InvalidPidNamespace", Refusal(new ContainerOptions { PidNamespace = "container:" }));
        // A third one may name the second, whose ids are the first's.
        var third = fixture.Create(new ContainerOptions { Command = ["true"], UserNamespace = "container:" + sharing.Name, IpcNamespace = "container:" + owner.Name });
        Assert.Equal(owner.UserNamespace, third.UserNamespace);
        await fixture.RemoveAsync(owner, force: true);
        foreach (var container in new[] { sharing, unwilling, third })
            await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task TheOwnerMustRunAndIsLookedUpAgainWhenThePolicyStartsTheOther()
    {
        var owner = fixture.Create("sleep", "60");
        var sharing = fixture.Create(new ContainerOptions
        {
            Command = ["sh", "-c", "readlink /proc/self/ns/pid; sleep 0.2"],
            PidNamespace = "container:" + owner.Name,
            Network = "container:" + owner.Name,
            RestartPolicy = RestartPolicy.Parse("always"),
        });
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.Manager.StartAsync(sharing, CancellationToken.None));
        Assert.Contains("not running", error.Message, StringComparison.Ordinal);
        owner = await fixture.Manager.StartAsync(owner, CancellationToken.None);
        sharing = await fixture.Manager.StartAsync(sharing, CancellationToken.None);
        await fixture.LogsAsync(sharing, 1);
        string before = Namespace(owner, "pid");
        owner = await fixture.Manager.RestartAsync(owner, new StopOptions { Timeout = TimeSpan.Zero }, CancellationToken.None);
        string after = Namespace(owner, "pid");
        for (long deadline = Environment.TickCount64 + 20_000; !(await fixture.LogAsync(sharing)).Contains(after);)
        {
            Assert.True(Environment.TickCount64 < deadline, string.Join(' ', await fixture.LogAsync(sharing)));
            await Task.Delay(50);
        }
        Assert.All(await fixture.LogAsync(sharing), line => Assert.Contains(line, new[] { before, after }));
        await fixture.RemoveAsync(sharing, force: true);
        await fixture.RemoveAsync(owner, force: true);
    }

    [Theory]
    [InlineData("auto", null)]
    [InlineData("host", null)]
    [InlineData("auto", "crun")]
    public async Task AnImageIsMountedToBeReadOnly(string userNamespace, string? runtime)
    {
        string upper = Directory.CreateDirectory(Path.Combine(fixture.Scratch, "image-" + userNamespace + runtime)).FullName;
        File.WriteAllText(Path.Combine(upper, "greeting"), "hello");
        Command.Run("chown", "12:34", Path.Combine(upper, "greeting")).Succeeded();
        foreach (bool two in new[] { true, false })
        {
            var mount = VolumeMount.ParseMount("type=image,source=tools:1,target=/tools");
            mount.Image = two ? fixture.Image(null, upper) : fixture.Image();
            var container = fixture.Create(new ContainerOptions
            {
                Command = ["sh", "-c", "/tools/bin/busybox echo works; touch /tools/x 2>&1 | sed 's/.*: //'; [ -e /tools/greeting ] && stat -c '%u:%g' /tools/greeting && cat /tools/greeting"],
                Volumes = [mount],
                UserNamespace = userNamespace,
                Runtime = runtime,
            });
            Assert.Equal((ContainerMountKind.Image, true, "image busybox:latest:/tools"), (container.Mounts[0].Kind, container.Mounts[0].ReadOnly, container.Mounts[0].ToString()));
            container = await fixture.Manager.WaitAsync(await fixture.Manager.StartAsync(container, CancellationToken.None), CancellationToken.None);
            string[] expected = two ? ["works", "Read-only file system", "12:34", "hello"] : ["works", "Read-only file system"];
            Assert.Equal(expected, await fixture.LogAsync(container));
            if (two)
                Assert.Contains("more0", fixture.Manager.LayerKeysInUse());
            await fixture.RemoveAsync(container);
            Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
        }
        Assert.Equal("InvalidMount", Assert.Throws<ContainerToolsException>(() => VolumeMount.ParseMount("type=image,target=/x")).ErrorId);
        Assert.Equal("InvalidMount", Assert.Throws<ContainerToolsException>(() => VolumeMount.ParseMount("type=image,source=a,target=/x,readonly=false")).ErrorId);
    }

    private string Refusal(ContainerOptions options)
    {
        options.Command = ["true"];
        return Assert.Throws<ContainerToolsException>(() => fixture.Create(options)).ErrorId;
    }

    private static string Namespace(Container container, string name) => new FileInfo($"/proc/{container.Pid}/ns/{name}").LinkTarget!;
}
