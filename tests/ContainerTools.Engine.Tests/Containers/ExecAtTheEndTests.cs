using ContainerTools.Engine.Containers;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class ExecAtTheEndTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Fact]
    public async Task ACommandInAContainerThatEndsIsAnErrorAndKeepsNeitherWaiting()
    {
        for (int round = 0; round < 6; round++)
        {
            var containers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => fixture.StartAsync("sleep", FormattableString.Invariant($"{0.05 + i * 0.013}"))));
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await Task.WhenAll(containers.Select(container => Task.Run(async () =>
            {
                try
                {
                    while (true)
                        await fixture.Manager.ExecAsync(container, new ExecOptions { Command = ["true"] }, (_, _) => { }, limit.Token);
                }
                catch (ContainerToolsException)
                {
                    // It has ended, before the command or in the middle of it.
                }
            })));
            foreach (var ended in await Task.WhenAll(containers.Select(c => fixture.Manager.WaitAsync(c, limit.Token))))
            {
                Assert.Equal((ContainerState.Exited, 0), (ended.State, ended.ExitCode));
                await fixture.RemoveAsync(ended);
            }
        }
    }
}
