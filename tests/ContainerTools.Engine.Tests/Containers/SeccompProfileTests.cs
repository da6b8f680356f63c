using ContainerTools.Engine.Containers;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class SeccompProfileTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Fact]
    public async Task ASeccompProfileIsKeptWithTheContainer()
    {
        string profile = Path.Combine(fixture.Scratch, "profile.json");
        File.WriteAllText(profile, """{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ { "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28 } ] }""");
        var container = fixture.Create(new ContainerOptions { Command = ["mkdir", "/made"], SecurityOptions = ["seccomp=" + profile] });
        File.Delete(profile);
        container = await fixture.Manager.StartAsync(container, CancellationToken.None);
        container = await fixture.Manager.WaitAsync(container, CancellationToken.None);
        Assert.Equal(1, container.ExitCode);
        Assert.Contains("No space left on device", (await fixture.LogAsync(container)).Single(), StringComparison.Ordinal);
        await fixture.RemoveAsync(container);
        var error = Assert.Throws<ContainerToolsException>(() => fixture.Create(new ContainerOptions { Command = ["true"], SecurityOptions = ["seccomp=" + profile] }));
        Assert.Equal("SeccompProfileNotFound", error.ErrorId);
        Assert.Contains(profile, error.Message, StringComparison.Ordinal);
    }
}
