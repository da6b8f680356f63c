using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// A layer whose tar has been unpacked, not yet part of the store. <see cref="LayerStore.Commit"/> makes it one; disposing of it without that removes it. It
/// holds a lock on its directory, so that no other shell takes it for the remains of a crash.
/// </summary>
public sealed class StagedLayer : IDisposable
{
    internal const string FileSystemName = "fs";

    private readonly IStagedContents? _contents;

    internal StagedLayer(string directory, int lockDescriptor, IStagedContents contents)
    {
        Directory = directory;
        LockDescriptor = lockDescriptor;
        _contents = contents;
    }

    internal StagedLayer(RemoteStaging remote)
    {
        Directory = remote.Directory;
        LockDescriptor = -1;
        Remote = remote;
    }

    /// <summary>Bytes in regular files.</summary>
    public long Size => Remote?.Size ?? Contents.Size;

    /// <summary>How many entries the tar had.</summary>
    public long EntryCount => Remote?.EntryCount ?? Contents.EntryCount;

    /// <summary>Whether what is below has a part in how the layer looks on disk: implied directories, whiteouts, hard links to files below.</summary>
    public bool LeansOnParents => Remote?.LeansOnParents ?? Contents.LeansOnParents;

    internal string Directory { get; }

    /// <summary>The directory of its files.</summary>
    internal string Path => System.IO.Path.Combine(Directory, FileSystemName);

    internal int LockDescriptor { get; private set; }

    /// <summary>What is here, unless another process has it.</summary>
    internal IStagedContents Contents => _contents ?? throw new InvalidOperationException("Another process has unpacked the layer.");

    /// <summary>The process that has unpacked it, where this one cannot.</summary>
    internal RemoteStaging? Remote { get; }

    internal bool IsCommitted { get; set; }

    /// <inheritdoc />
    public void Dispose()
    {
        Remote?.Dispose();
        _contents?.Dispose();
        if (LockDescriptor < 0)
        {
            return;
        }

        try
        {
            if (!IsCommitted)
            {
                TreeRemoval.Remove(Directory);
            }
        }
        finally
        {
            FileCalls.Close(LockDescriptor);
            LockDescriptor = -1;
        }
    }
}
