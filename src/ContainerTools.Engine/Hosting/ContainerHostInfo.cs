using ContainerTools.Engine.Hosting;
using ContainerTools.Engine.Store;
using ContainerTools.Linux.Cgroups;

namespace ContainerTools;

/// <summary>What this kernel and this user can do for containers, at one moment.</summary>
public sealed class ContainerHostInfo
{
    internal ContainerHostInfo()
    {
    }

    /// <summary>The host's name.</summary>
    public required string Name { get; init; }

    /// <summary>The distribution, from os-release's PRETTY_NAME.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>Release of the kernel, such as <c>6.1.0-23-amd64</c>.</summary>
    public required string Kernel { get; init; }

    /// <summary>Architecture in the words of images, such as <c>amd64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Number of processors.</summary>
    public required int Processors { get; init; }

    /// <summary>Bytes of memory.</summary>
    public required long Memory { get; init; }

    /// <summary>Whether this user is not root.</summary>
    public required bool Rootless { get; init; }

    /// <summary>How control groups are laid out.</summary>
    public required CgroupVersion CgroupVersion { get; init; }

    /// <summary>Controllers that limits can be set with.</summary>
    public required IReadOnlyList<string> CgroupControllers { get; init; }

    /// <summary>Whether swap can be limited.</summary>
    public required bool SwapLimit { get; init; }

    /// <summary>Whether this user can make user namespaces.</summary>
    public required bool UserNamespaces { get; init; }

    /// <summary>Whether overlays take idmapped layers and the store's file system can be idmapped, so that containers have ids of their own and files keep plain ones.</summary>
    public required bool IdMappedLayers { get; init; }

    /// <summary>Whether system calls can be filtered.</summary>
    public required bool Seccomp { get; init; }

    /// <summary>Active Linux security modules.</summary>
    public required IReadOnlyList<string> SecurityModules { get; init; }

    /// <summary>Ids of the host that containers get, 65,536 each.</summary>
    public required IReadOnlyList<HostIdRange> IdRanges { get; init; }

    /// <summary>Directory that keeps images, containers and volumes.</summary>
    public required string StorePath { get; init; }

    /// <summary>Its file system's type.</summary>
    public required string StoreFileSystem { get; init; }

    /// <summary>Bytes free in it; null when that is not known.</summary>
    public required long? StoreFreeSpace { get; init; }

    /// <summary>Directory for state that a reboot ends.</summary>
    public required string RunPath { get; init; }

    /// <summary>The runtime's file.</summary>
    public required string RuntimePath { get; init; }

    /// <summary>The runtime's version; null when it does not run.</summary>
    public required string? RuntimeVersion { get; init; }

    /// <summary>What does not work here and what that means, a sentence or two each.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Looks at this host now.</summary>
    /// <param name="paths">The store; nothing is made in it.</param>
    /// <param name="runtimePath">The runtime's file.</param>
    public static ContainerHostInfo Read(StorePaths paths, string runtimePath) => HostInspector.Inspect(paths, runtimePath);
}
