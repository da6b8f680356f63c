using System.Security.Cryptography;
using ContainerTools.Core.Native;
using ContainerTools.Engine;
using ContainerTools.Oci;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Core.Content;

/// <summary>
/// A blob on its way into the content store: a temporary file that is hashed as it is written, and gets its name when it is complete, verified
/// and on the disk. Disposing it before leaves nothing.
/// </summary>
public sealed class BlobWriter : IDisposable
{
    // Written back from the start on: left to the kernel, a whole layer would wait in memory for the one sync at the end.
    private const long WriteBackStep = 8 << 20;

    private readonly ContentStore store;
    private readonly string path;
    private readonly SafeFileHandle file;
    private readonly IncrementalHash hash;
    private long written;
    private long writtenBack;
    private bool moved;

    internal BlobWriter(ContentStore store, string path, SafeFileHandle file, string algorithm)
    {
        this.store = store;
        this.path = path;
        this.file = file;
        hash = Hashing.Start(algorithm);
    }

    /// <summary>Bytes written so far.</summary>
    public long Length => written;

    /// <summary>Appends data.</summary>
    /// <exception cref="ContainerToolsException"><c>StorageFull</c>, <c>ContentWriteFailed</c>.</exception>
    public void Write(ReadOnlySpan<byte> data)
    {
        hash.AppendData(data);
        try
        {
            RandomAccess.Write(file, data, written);
        }
        catch (IOException e)
        {
            throw ContainerToolsException.FromIO(e, "ContentWriteFailed", $"A blob could not be written to '{store.Directory}'", store.Directory);
        }

        written += data.Length;
        if (written - writtenBack >= WriteBackStep)
        {
            StorageCalls.StartWriteBack(file, writtenBack, written - writtenBack);
            writtenBack = written;
        }
    }

    /// <summary>Ends the writing and returns the digest of what was written.</summary>
    public Digest Finish() => Hashing.Finish(hash);

    /// <summary>Makes the blob visible under its digest, after it is on the disk. Where it exists already, the existing one stays.</summary>
    /// <exception cref="ContainerToolsException"><c>StorageFull</c>, <c>ContentWriteFailed</c>.</exception>
    public void Commit(Digest digest)
    {
        try
        {
            string target = store.PathOf(digest);
            RandomAccess.FlushToDisk(file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(path, target, overwrite: true);
            moved = true;
            StorageCalls.SyncDirectory(Path.GetDirectoryName(target)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "ContentWriteFailed", $"Blob {digest.ShortHex} could not be stored in '{store.Directory}'", digest);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (!moved)
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A collection finds it later: its lock goes with this process.
            }
        }

        file.Dispose();
        hash.Dispose();
    }
}
