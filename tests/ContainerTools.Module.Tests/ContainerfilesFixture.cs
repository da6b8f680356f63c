using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

/// <summary>The base image of tests/containerfiles, pulled by us and by buildah from one registry, and a moment after both had it.</summary>
public sealed class ContainerfilesFixture : IDisposable
{
    public const string Base = "docker.io/library/debian:bookworm-slim";

    private readonly ModuleFixture _module;
    private readonly TemporaryDirectory _directory = new("ctfiles");

    public ContainerfilesFixture(ModuleFixture module)
    {
        _module = module;
        Reference = DebianImages.PushWithPackages(Registry);
        Buildah.Add($"docker://{Reference}", Base);
        module.Run("$null = Save-Image $args[0] | Add-ImageTag -Tag $args[1]", Reference, Base).Succeeded();
        File.WriteAllText(Since, "");
        // Change times are the kernel's ticks.
        Thread.Sleep(20);
    }

    public TestRegistry Registry { get; } = new();

    /// <summary>The base image's name in the registry.</summary>
    public string Reference { get; }

    public BuildahStore Buildah { get; } = new();

    /// <summary>A file that was made when both stores had the base.</summary>
    public string Since => _directory["since"];

    /// <summary>Room for contexts.</summary>
    public TemporaryDirectory Scratch => _directory;

    public void Dispose()
    {
        _module.Run("Get-Container | Remove-Container -Force; Get-Image | Where-Object { $_.Reference -notlike '*busybox*' } | Remove-Image -Force");
        Buildah.Dispose();
        Registry.Dispose();
        _directory.Dispose();
    }
}
