using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;

namespace ContainerTools.Core.Build.Files;

/// <summary>Opens the files that a build reads, whoever they belong to. Safe for use by several threads.</summary>
/// <param name="paths">The store.</param>
/// <param name="ct">Ends what reads for an ordinary user.</param>
internal sealed class TreeOpener(StorePaths paths, CancellationToken ct) : IDisposable
{
    private readonly TreeReader reader = new(paths, ct);

    /// <summary>Opens layers as the kernel shows them. On older kernels root's calling thread has a mount namespace of its own afterwards, so it should be one that ends.</summary>
    /// <param name="layers">The layers, the base first.</param>
    internal FileSource OpenLayers(IReadOnlyList<Layer> layers)
    {
        IReadOnlyList<string> directories = [.. layers.Select(static l => l.Path)];
        return directories.Count == 0 ? FileSource.Empty
            : new FileSource(UserSession.IsNeeded ? reader.Open(directories) : LocalDirectory.OfLayers(directories));
    }

    /// <summary>Opens a directory. What has been unpacked into the store may belong to any of the user's ids.</summary>
    internal FileSource OpenDirectory(string path) =>
        UserSession.IsNeeded && path.StartsWith(paths.Root + '/', StringComparison.Ordinal) ? new FileSource(reader.Open([path])) : FileSource.OfDirectory(path);

    public void Dispose() => reader.Dispose();
}
