using System.Security.Cryptography;
using System.Text.Json;
using ContainerTools.Core.Native;
using ContainerTools.Engine;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Content;

/// <summary>
/// Blobs by digest, and the index that names the images among them: an OCI image layout (image-spec, image-layout.md) that other tools can read.
/// Any number of processes may use one store at once: a blob appears whole or not at all, the index is changed under a lock.
/// </summary>
public sealed class ContentStore
{
    private const string LockName = "content";
    private const string TemporaryPrefix = ".incoming-";
    // Reading must keep nobody from replacing or removing a blob.
    private const FileShare Unlocked = FileShare.ReadWrite | FileShare.Delete;

    private const int MaxIndexSize = 64 << 20;

    private static readonly TimeSpan abandonedAfter = TimeSpan.FromMinutes(1);

    private readonly StorePaths paths;
    private bool prepared;

    /// <summary>Opens the store; it is created on the first write.</summary>
    public ContentStore(StorePaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        this.paths = paths;
    }

    /// <summary>The image layout's directory.</summary>
    public string Directory => paths.Content;

    private string BlobsDirectory => Path.Combine(Directory, "blobs");

    private string IndexPath => Path.Combine(Directory, "index.json");

    /// <summary>The file that a blob is kept in, whether it is there or not.</summary>
    public string PathOf(Digest digest) => Path.Combine(BlobsDirectory, digest.Algorithm, digest.Hex);

    /// <summary>Whether a blob is there in its full size. A file of another size is damage, and counts as absent.</summary>
    public bool Contains(Digest digest, long size)
    {
        var file = new FileInfo(PathOf(digest));
        return file.Exists && file.Length == size;
    }

    /// <summary>Reads a small blob whole; null when it is not there.</summary>
    /// <exception cref="ContainerToolsException"><c>ContentReadFailed</c>, <c>ContentDamaged</c>.</exception>
    /// <param name="digest">The blob.</param>
    /// <param name="limit">The largest size accepted, in bytes.</param>
    /// <param name="verify">Whether to compute the digest again: before others rely on the data, not for each listing.</param>
    public byte[]? TryRead(Digest digest, int limit, bool verify = false)
    {
        try
        {
            using var file = File.OpenHandle(PathOf(digest), FileMode.Open, FileAccess.Read, Unlocked);
            long length = RandomAccess.GetLength(file);
            if (length > limit)
            {
                throw new ContainerToolsException("ContentDamaged", ErrorKind.InvalidData, $"Blob {digest} in '{Directory}' has {length} bytes, at most {limit} were expected.", digest);
            }

            byte[] data = new byte[length];
            int count = 0;
            while (count < data.Length && RandomAccess.Read(file, data.AsSpan(count), count) is > 0 and var n)
            {
                count += n;
            }

            return !verify || Hashing.Matches(data, digest)
                ? data
                : throw new ContainerToolsException("ContentDamaged", ErrorKind.InvalidData, $"Blob {digest} in '{Directory}' no longer has this digest. Fetch the image again.", digest);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "ContentReadFailed", $"Blob {digest.ShortHex} could not be read from '{Directory}'", digest);
        }
    }

    /// <summary>Opens a blob for reading from its start to its end; null when it is not there.</summary>
    public FileStream? TryOpen(Digest digest)
    {
        try
        {
            return new FileStream(PathOf(digest), FileMode.Open, FileAccess.Read, Unlocked, 1, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Stores a small blob durably.</summary>
    public void Put(ReadOnlySpan<byte> data, Digest digest)
    {
        using var writer = BeginWrite(digest.Algorithm);
        writer.Write(data);
        if (writer.Finish() != digest)
        {
            throw new ArgumentException("The data does not have this digest.", nameof(digest));
        }

        writer.Commit(digest);
    }

    /// <summary>Stores a small blob durably, unless it is there undamaged.</summary>
    internal void PutIfMissing(ReadOnlySpan<byte> data, Digest digest)
    {
        if (!Contains(digest, data.Length) || TryRead(digest, data.Length) is not { } present || !data.SequenceEqual(present))
        {
            Put(data, digest);
        }
    }

    /// <summary>Starts a blob whose digest may not be known yet.</summary>
    /// <exception cref="ContainerToolsException"><c>StorageFull</c>, <c>ContentWriteFailed</c>.</exception>
    public BlobWriter BeginWrite(string algorithm = "sha256")
    {
        Prepare();
        string path = Path.Combine(BlobsDirectory, TemporaryPrefix + RandomNumberGenerator.GetHexString(16, lowercase: true));
        try
        {
            // FileShare.None is a lock (flock) that ends with this process: how a collection tells a blob in the making from one left behind.
            return new BlobWriter(this, path, File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None), algorithm);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "ContentWriteFailed", $"A blob could not be written to '{Directory}'", Directory);
        }
    }

    /// <summary>Takes the store's lock, which whoever changes the index or collects holds.</summary>
    internal StoreLock Lock(CancellationToken ct)
    {
        Prepare();
        return StoreLock.Acquire(paths, LockName, exclusive: true, ct);
    }

    /// <summary>The index, empty when there is none. Readers need no lock: the file is replaced, never changed.</summary>
    /// <exception cref="ContainerToolsException"><c>ContentIndexDamaged</c>, <c>ContentReadFailed</c>.</exception>
    public ImageIndex ReadIndex()
    {
        try
        {
            byte[] data = File.ReadAllBytes(IndexPath);
            return data.Length > MaxIndexSize
                ? throw new JsonException($"It has {data.Length} bytes.")
                : JsonSerializer.Deserialize(data, OciJson.Default.ImageIndex) ?? throw new JsonException("It is null.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ImageIndex { SchemaVersion = 2, MediaType = MediaTypes.OciIndex };
        }
        catch (JsonException e)
        {
            throw new ContainerToolsException("ContentIndexDamaged", ErrorKind.InvalidData,
                $"'{IndexPath}', which names the images of this store, cannot be read: {e.Message} Restore it, or remove it and fetch the images again.", IndexPath, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "ContentReadFailed", $"'{IndexPath}' could not be read", IndexPath);
        }
    }

    /// <summary>Replaces the index durably. The caller holds the lock.</summary>
    internal void WriteIndex(ImageIndex index)
    {
        try
        {
            AtomicFile.Write(IndexPath, JsonSerializer.SerializeToUtf8Bytes(index, OciJson.Default.ImageIndex));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "ContentWriteFailed", $"'{IndexPath}' could not be written", IndexPath);
        }
    }

    /// <summary>All blobs.</summary>
    internal IReadOnlyList<(Digest Digest, long Size)> List()
    {
        var blobs = new List<(Digest, long)>();
        if (!System.IO.Directory.Exists(BlobsDirectory))
        {
            return blobs;
        }

        foreach (var algorithm in new DirectoryInfo(BlobsDirectory).EnumerateDirectories())
        {
            foreach (var file in algorithm.EnumerateFiles())
            {
                if (Digest.TryParse($"{algorithm.Name}:{file.Name}", out var digest))
                {
                    blobs.Add((digest, file.Length));
                }
            }
        }

        return blobs;
    }

    /// <summary>Deletes a blob. The caller holds the lock and has made sure that nothing needs it.</summary>
    internal void Delete(Digest digest)
    {
        try
        {
            File.Delete(PathOf(digest));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "ContentDeleteFailed", $"Blob {digest.ShortHex} could not be deleted from '{Directory}'", digest);
        }
    }

    /// <summary>Deletes what processes that were killed left half-written. Returns the bytes freed.</summary>
    internal long DeleteAbandoned()
    {
        long freed = 0;
        if (!System.IO.Directory.Exists(BlobsDirectory))
        {
            return freed;
        }

        foreach (var file in new DirectoryInfo(BlobsDirectory).EnumerateFiles(TemporaryPrefix + "*"))
        {
            try
            {
                // A new one may not be locked yet.
                if (DateTime.UtcNow - file.LastWriteTimeUtc < abandonedAfter)
                {
                    continue;
                }

                using var handle = File.OpenHandle(file.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                long size = RandomAccess.GetLength(handle);
                file.Delete();
                freed += size;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Its writer lives.
            }
        }

        return freed;
    }

    /// <summary>Makes the store where it is missing.</summary>
    internal void EnsureCreated() => Prepare();

    private void Prepare()
    {
        if (prepared)
        {
            return;
        }

        try
        {
            paths.EnsureCreated();
            System.IO.Directory.CreateDirectory(Path.Combine(BlobsDirectory, "sha256"));
            string layout = Path.Combine(Directory, "oci-layout");
            if (!File.Exists(layout))
            {
                AtomicFile.Write(layout, JsonSerializer.SerializeToUtf8Bytes(new ImageLayout { Version = ImageLayout.CurrentVersion }, OciJson.Default.ImageLayout));
            }

            StorageCalls.SyncDirectory(Directory);
            prepared = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "StoreUnusable", $"The image store '{Directory}' could not be prepared", Directory);
        }
    }
}
