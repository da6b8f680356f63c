using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Volumes;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class UserNamespaceTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Theory]
    [InlineData("70000", "user id 70000", "0 to 65535")]
    [InlineData("0:70001", "group id 70001", "0 to 65535")]
    [InlineData("4294967295", "no user id", "4294967294")]
    [InlineData("0:4294967295", "no group id", "4294967294")]
    public async Task AnIdThatIsNotMappedIsNamedWithTheRangeAndTheRemedy(string user, string what, string range)
    {
        var container = fixture.Create(new ContainerOptions { Command = ["true"], User = user });
        var refused = await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.Manager.StartAsync(container, CancellationToken.None));
        await fixture.RemoveAsync(container);
        container = await fixture.StartAsync(new ContainerOptions { Command = ["sleep", "60"] });
        var inside = await Assert.ThrowsAsync<ContainerToolsException>(() =>
            fixture.Manager.ExecAsync(container, new ExecOptions { Command = ["true"], User = user }, (_, _) => { }, CancellationToken.None));
        await fixture.RemoveAsync(container, force: true);
        Assert.All([refused, inside], error =>
        {
            Assert.Contains(what, error.Message, StringComparison.Ordinal);
            Assert.Contains(range, error.Message, StringComparison.Ordinal);
            if (error.ErrorId == "UserNotMapped")
                Assert.Contains("-UserNamespace", error.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task OneUserIsTheHostsAndTheOthersAreNot()
    {
        string shared = Directory.CreateDirectory(Path.Combine(fixture.Scratch, "shared")).FullName;
        Command.Run("chown", "1000:1001", shared).Succeeded();
        var container = await fixture.StartAsync(new ContainerOptions
        {
            Command = ["sh", "-c", "id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map | tr -s ' '; touch /shared/file; exec sleep 60"],
            UserNamespace = "keep-id:uid=1000,gid=1001",
            Volumes = [VolumeMount.Parse(shared + ":/shared")],
        });
        await fixture.LogsAsync(container, 8);
        uint start = container.Configuration.IdRange!.HostStart;
        Assert.Equal(["1000", "1001", $" 0 {start} 1000", " 1000 1000 1", $" 1001 {start + 1001} 64535", $" 0 {start} 1001", " 1001 1001 1", $" 1002 {start + 1002} 64534"], await fixture.LogAsync(container));
        Assert.Contains("Uid:\t1000\t1000\t1000\t1000", File.ReadAllText($"/proc/{container.Pid}/status"), StringComparison.Ordinal);
        Assert.Equal("1000 1001", Command.Run("stat", "-c", "%u %g", Path.Combine(shared, "file")).Succeeded().Output.Trim());
        List<string> lines = [];
        await fixture.Manager.ExecAsync(container, new ExecOptions { Command = ["sh", "-c", "touch /shared/of-root && stat -c %u /shared/of-root"], User = "0" }, (_, line) => lines.Add(line), CancellationToken.None);
        Assert.Equal(["0"], lines);
        var other = fixture.Create("true");
        Assert.NotEqual(start, other.Configuration.IdRange!.HostStart);
        await fixture.RemoveAsync(other);
        await fixture.RemoveAsync(container, force: true);
        // An explicit user goes before the kept one.
        var (asRoot, output) = await fixture.RunAsync(new ContainerOptions { Command = ["id", "-u"], User = "0", UserNamespace = "keep-id:uid=1000" });
        Assert.Equal(["0"], output);
        await fixture.RemoveAsync(asRoot);
    }

    [Theory]
    [InlineData("0:700000:1000", " 0 700000 1000", " 0 700000 1000")]
    [InlineData("0:700000:3", " 0 700000 3", " 0 700000 3")]
    [InlineData("1000:1000:1,0:700000:1000;0:800000:65536", " 0 700000 1000; 1000 1000 1", " 0 800000 65536")]
    public async Task MapsAreAsTheyAreGiven(string text, string users, string groups)
    {
        var (container, output) = await fixture.RunAsync(new ContainerOptions
        {
            Command = ["sh", "-c", "tr -s ' ' < /proc/self/uid_map | tr '\\n' ';'; echo; tr -s ' ' < /proc/self/gid_map | tr '\\n' ';'; echo; touch /made && stat -c %u /made /bin/busybox; ls -d /dev/pts/ptmx"],
            UserNamespace = text,
        });
        Assert.Equal([users + ";", groups + ";", "0", "0", "/dev/pts/ptmx"], output);
        Assert.Equal(0u, FileOwner(Path.Combine(container.Directory, "upper/made")));
        await fixture.RemoveAsync(container);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("keep-id")]
    [InlineData("keep-id:uid=0")]
    [InlineData("keep-id:who=5")]
    [InlineData("keep-it")]
    [InlineData("1:100000:5")]
    [InlineData("0:100000")]
    [InlineData("0:100000:0")]
    [InlineData("0:100000:10,5:200000:10")]
    [InlineData("0:100000:10,10:100005:10")]
    [InlineData("0:4294967290:10")]
    [InlineData("0:1:1;0:1:1;0:1:1")]
    public void WhatIsNoUserNamespaceIsRefused(string text) => Assert.Equal("InvalidUserNamespace",
        Assert.Throws<ContainerToolsException>(() => fixture.Create(new ContainerOptions { Command = ["true"], UserNamespace = text })).ErrorId);

    private static uint FileOwner(string path) => uint.Parse(Command.Run("stat", "-c", "%u", path).Succeeded().Output);
}
