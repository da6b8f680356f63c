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
    private const int BufferSize = 1 << 20;
    private const int Alignment = 4096;

    private readonly ContentStore store;
    private readonly string path;
    private readonly SafeFileHandle file;
    private readonly IncrementalHash hash;
    private byte[]? buffer;
    private int start;
    private int buffered;
    private long written;
    private bool direct;
    private bool moved;

    internal BlobWriter(ContentStore store, string path, SafeFileHandle file, string algorithm)
    {
        this.store = store;
        this.path = path;
        this.file = file;
        hash = Hashing.Start(algorithm);
    }

    /// <summary>Bytes taken so far.</summary>
    public long Length => written + buffered;

    /// <summary>Appends data.</summary>
    /// <exception cref="ContainerToolsException"><c>StorageFull</c>, <c>ContentWriteFailed</c>.</exception>
    public void Write(ReadOnlySpan<byte> data)
    {
        hash.AppendData(data);
        if (buffer is null)
        {
            // Pinned, so that it stays where it is aligned.
            buffer = GC.AllocateUninitializedArray<byte>(BufferSize + Alignment, pinned: true);
            start = StorageCalls.AlignedStart(buffer, Alignment);
        }

        while (data.Length > 0)
        {
            int count = Math.Min(data.Length, BufferSize - buffered);
            data[..count].CopyTo(buffer.AsSpan(start + buffered));
            data = data[count..];
            buffered += count;
            if (buffered == BufferSize)
            {
                // A whole layer would fill the page cache with what nobody reads soon, and wait there for the one sync at the end.
                direct = direct || (written == 0 && StorageCalls.TrySetDirect(file, true));
                WriteOut();
            }
        }
    }

    /// <summary>Ends the writing and returns the digest of what was written.</summary>
    public Digest Finish()
    {
        // Direct writes are whole blocks; the rest is not.
        if (direct)
        {
            StorageCalls.TrySetDirect(file, false);
            direct = false;
        }

        WriteOut();
        return Hashing.Finish(hash);
    }

    /// <summary>Makes the blob visible under its digest, after it is on the disk. Where it exists already, the existing one stays.</summary>
    /// <exception cref="ContainerToolsException"><c>StorageFull</c>, <c>ContentWriteFailed</c>.</exception>
    public void Commit(Digest digest)
    {
        try
        {
            string target = store.PathOf(digest);
            RandomAccess.FlushToDisk(file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);

            // Whoever finds the blob from now on must be able to read it: .NET's readers lock too.
            StorageCalls.Unlock(file);
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

    private void WriteOut()
    {
        try
        {
            try
            {
                RandomAccess.Write(file, buffer.AsSpan(start, buffered), written);
            }
            catch (IOException e) when (direct && e is not FileNotFoundException && StorageCalls.IsInvalidArgument(e))
            {
                // This file system lets one ask for it, but cannot do it.
                StorageCalls.TrySetDirect(file, false);
                direct = false;
                RandomAccess.Write(file, buffer.AsSpan(start, buffered), written);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "ContentWriteFailed", $"A blob could not be written to '{store.Directory}'", store.Directory);
        }

        written += buffered;
        buffered = 0;
    }
}
