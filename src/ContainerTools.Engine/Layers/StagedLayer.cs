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

    internal StagedLayer(string directory, int lockDescriptor, LayerUnpacker contents)
    {
        Directory = directory;
        LockDescriptor = lockDescriptor;
        Contents = contents;
    }

    /// <summary>Bytes in regular files.</summary>
    public long Size => Contents.Size;

    /// <summary>How many entries the tar had.</summary>
    public long EntryCount => Contents.EntryCount;

    /// <summary>Whether what is below has a part in how the layer looks on disk: implied directories, whiteouts, hard links to files below.</summary>
    public bool LeansOnParents => Contents.LeansOnParents;

    internal string Directory { get; }

    internal int LockDescriptor { get; private set; }

    internal LayerUnpacker Contents { get; }

    internal bool IsCommitted { get; set; }

    /// <inheritdoc />
    public void Dispose()
    {
        Contents.Tree.Dispose();
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
