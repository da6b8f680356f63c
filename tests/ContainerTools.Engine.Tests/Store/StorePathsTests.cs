using ContainerTools.Engine.Store;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Store;

public class StorePathsTests
{
    [Fact]
    public void TheRootsAreForTheirOwnerOnly()
    {
        using var directory = new TemporaryDirectory("ctstore");
        var paths = new StorePaths(directory["a/root"], directory["a/run"]);
        paths.EnsureCreated();
        paths.EnsureCreated();
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal((ownerOnly, ownerOnly), (File.GetUnixFileMode(paths.Root), File.GetUnixFileMode(paths.RunRoot)));
        Assert.All([paths.Content, paths.Layers, paths.Containers, paths.Volumes, paths.Networks, paths.Temporary, paths.Locks], p => Assert.True(Directory.Exists(p)));
    }

    [Fact]
    public void AStoreThatCannotBeMadeSaysSo()
    {
        using var directory = new TemporaryDirectory("ctstore");
        File.WriteAllText(directory["file"], "");
        var error = Assert.Throws<ContainerToolsException>(new StorePaths(directory["file/root"], directory["run"]).EnsureCreated);
        Assert.Equal("StoreNotAccessible", error.ErrorId);
        Assert.Contains("file/root", error.Message, StringComparison.Ordinal);
    }
}
