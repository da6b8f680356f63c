using ContainerTools.Engine.Containers;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class SmokeTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Fact]
    public async Task OtherRuntimeRunsACommand()
    {
        var (container, output) = await fixture.RunAsync(new ContainerOptions { Command = ["sh", "-c", "echo hello; echo err >&2; id -u; hostname; exit 3"], Runtime = "crun", UserNamespace = "host" });
        Assert.Equal(3, container.ExitCode);
        Assert.Contains("hello", output);
        Assert.Equal(ContainerState.Exited, container.State);
        await fixture.RemoveAsync(container);
        Assert.Empty(fixture.Leftovers());
    }
}
