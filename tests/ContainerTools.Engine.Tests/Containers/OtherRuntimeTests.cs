using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Volumes;

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
        Assert.Equal("1000", ContainerTools.TestSupport.Command.Run("stat", "-c", "%u", file).Succeeded().Output.Trim());
        // Again: the writable layer and the id are the same.
        container = await fixture.Manager.StartAsync(container, CancellationToken.None);
        container = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        Assert.Contains("x", await fixture.LogAsync(container));
        await fixture.RemoveAsync(container);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
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
}
