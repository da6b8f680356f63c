using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Binary;

/// <summary>The executable itself: it must run where no loader and no library exists.</summary>
public sealed class StaticBinaryTests
{
    [Fact]
    public void ItIsAStaticElf()
    {
        var headers = Command.Run("readelf", "-lW", RepositoryPaths.Ctrun).Succeeded().Output;
        Assert.DoesNotContain("INTERP", headers, StringComparison.Ordinal);
        Assert.DoesNotContain("NEEDED", Command.Run("readelf", "-dW", RepositoryPaths.Ctrun).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ItRunsInAnEmptyRoot()
    {
        using var directory = new TemporaryDirectory();
        File.Copy(RepositoryPaths.Ctrun, directory["ctrun"]);
        Assert.StartsWith("ctrun version", Command.Run("chroot", directory, "/ctrun", "--version").Succeeded().Output, StringComparison.Ordinal);
        var error = Command.Run("chroot", directory, "/ctrun", "--root", "/state", "state", "none");
        Assert.Equal(1, error.ExitCode);
        Assert.Contains("'none'", error.Error, StringComparison.Ordinal);
    }
}
