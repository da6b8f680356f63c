using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Layers;

/// <summary>A layer unpacked beside the store, to be committed or thrown away. Its directory is locked while it exists, so that no collector takes it.</summary>
public sealed class StagedLayer : IDisposable
{
    private readonly SafeFileHandle handle;

    internal StagedLayer(string directory)
    {
        Directory = directory;
        System.IO.Directory.CreateDirectory(TreePath);
        handle = new SafeFileHandle(Paths.OpenDirectory(directory), ownsHandle: true);
        if (!AdvisoryLock.TryAcquire(handle, exclusive: true))
            throw new ContainerToolsException("LayerStagingFailed", ErrorKind.Internal, $"The new directory '{directory}' is locked by somebody else.", directory);
    }

    /// <summary>Bytes in its files.</summary>
    public long Size { get; internal set; }

    internal string Directory { get; }

    internal string TreePath => Path.Combine(Directory, LayerStore.TreeName);

    /// <summary>Every directory in it by path (the root is ""), one byte a character.</summary>
    internal Dictionary<string, DirectoryRecord> Directories { get; } = new(StringComparer.Ordinal);

    /// <summary>Paths of whiteouts.</summary>
    internal HashSet<string> Whiteouts { get; } = new(StringComparer.Ordinal);

    /// <summary>Hard links whose target is not in this layer: path and target.</summary>
    internal Dictionary<string, string> PendingLinks { get; } = new(StringComparer.Ordinal);

    internal bool Committed { get; set; }

    /// <summary>Whether it cannot be finished without the layers below: its root apart, which has its own rule.</summary>
    internal bool Leans => Whiteouts.Count > 0 || PendingLinks.Count > 0 || Directories.Any(pair => pair.Key.Length > 0 && pair.Value.Implied);

    /// <summary>Throws the files away, unless they were committed.</summary>
    public void Dispose()
    {
        if (handle.IsClosed)
            return;
        if (!Committed)
            FileCalls.RemoveTreeAt(FileCalls.WorkingDirectory, Paths.Bytes(TarEntry.FromText(Directory)));
        handle.Dispose();
    }
}
