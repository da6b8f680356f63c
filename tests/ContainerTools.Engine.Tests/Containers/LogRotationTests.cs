using ContainerTools.Engine.Containers;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class LogRotationTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Fact]
    public async Task TheLogIsRotatedBySizeAndCount()
    {
        var (container, output) = await fixture.RunAsync(new ContainerOptions
        {
            Command = ["sh", "-c", "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo line $i of a log that is rotated; done"],
            LogMaxSize = 20_000,
            LogMaxFiles = 3,
        });
        var files = Directory.GetFiles(container.Directory, "container.log*").Select(f => new FileInfo(f)).OrderBy(f => f.Name).ToList();
        Assert.Equal(["container.log", "container.log.1", "container.log.2"], files.Select(f => f.Name));
        Assert.All(files, f => Assert.InRange(f.Length, 1, 21_000));
        Assert.Equal("line 2000 of a log that is rotated", output[^1]);
        Assert.InRange(output.Length, 350, 700);
        int first = int.Parse(output[0].Split(' ')[1]);
        Assert.Equal(Enumerable.Range(first, 2001 - first).Select(i => $"line {i} of a log that is rotated"), output);
        await fixture.RemoveAsync(container);
    }
}
