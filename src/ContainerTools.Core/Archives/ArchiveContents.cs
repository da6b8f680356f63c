using System.Formats.Tar;
using ContainerTools.Core.Content;
using ContainerTools.Core.Images;
using ContainerTools.Engine;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Archives;

/// <summary>
/// The files of an image archive, read in one pass: blobs go into the content store as they come, since nothing says in advance which of them an
/// image needs; small files stay in memory. Names are only looked up, never used as paths, so none can lead anywhere.
/// </summary>
/// <remarks>System.Formats.Tar is enough here: an archive's own entries have plain names and no attributes. Layers are unpacked by the engine's reader.</remarks>
internal sealed class ArchiveContents(ContentStore content, Lease lease, string path)
{
    private const long MaxInMemory = 1 << 20;
    private const long MaxInMemoryTogether = 64 << 20;
    private const int MaxEntries = 100_000;
    private const int MaxLinks = 8;
    private const int BufferSize = 1 << 20;

    private readonly Dictionary<string, ArchiveEntry> files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> links = new(StringComparer.Ordinal);
    private readonly Dictionary<Digest, ArchiveEntry> byDigest = [];
    private long inMemory;

    /// <summary>The archive's path.</summary>
    internal string Path => path;

    /// <summary>Reads the whole archive.</summary>
    internal void Read(IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        using var file = ArchiveFile.Open(path);
        try
        {
            using var plain = ArchiveFile.Decompress(file);
            using var tar = new TarReader(plain, leaveOpen: true);
            while (tar.GetNextEntry() is { } entry)
            {
                ct.ThrowIfCancellationRequested();
                if (files.Count + links.Count >= MaxEntries)
                {
                    throw new InvalidDataException($"it has more than {MaxEntries} entries");
                }

                Take(entry, file, progress, ct);
            }
        }
        catch (Exception e) when (e is FormatException or NotSupportedException || ArchiveFile.IsDataError(e))
        {
            throw new ContainerToolsException("ArchiveInvalid", ErrorKind.InvalidData, $"'{path}' is not a whole tar archive: {e.Message}", path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "ArchiveReadFailed", $"'{path}' could not be read", path);
        }
    }

    /// <summary>The file of a name, through links; null when there is none.</summary>
    internal ArchiveEntry? Find(string name)
    {
        name = Normalize(name, "");
        for (int depth = 0; depth <= MaxLinks; depth++)
        {
            if (files.TryGetValue(name, out var entry))
            {
                return entry;
            }

            if (!links.TryGetValue(name, out string? target))
            {
                return null;
            }

            name = target;
        }

        return null;
    }

    /// <summary>Whether the archive, or else the store, has a blob.</summary>
    internal bool Has(Descriptor descriptor) => byDigest.ContainsKey(descriptor.Digest) || content.Contains(descriptor.Digest, descriptor.Size);

    /// <summary>A small blob's verified bytes; null when it is neither in the archive nor in the store.</summary>
    internal byte[]? Read(Digest digest, int limit) =>
        byDigest.TryGetValue(digest, out var entry) && entry.Bytes is { } bytes && bytes.Length <= limit ? bytes : content.TryRead(digest, limit, verify: true);

    /// <summary>Puts a file that is in memory into the content store, as an image needs it there.</summary>
    internal void Keep(Digest digest)
    {
        if (byDigest.TryGetValue(digest, out var entry) && entry.Bytes is { } bytes && !content.Contains(digest, entry.Size))
        {
            lease.Add(LayerKeys.OfBlob(digest));
            content.Put(bytes, digest);
        }
    }

    // Absolute names and ".." are taken apart as text: "a/../b" is "b", and nothing is above the root.
    private static string Normalize(string name, string directory)
    {
        var parts = new List<string>();
        foreach (string part in (name.StartsWith('/') ? name : $"{directory}/{name}").Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
            {
                if (parts.Count > 0)
                {
                    parts.RemoveAt(parts.Count - 1);
                }
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    private void Take(TarEntry entry, FileStream file, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        string name = Normalize(entry.Name, "");
        switch (entry.EntryType)
        {
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                Add(name, entry.Length <= MaxInMemory && inMemory + entry.Length <= MaxInMemoryTogether ? ReadSmall(entry) : Store(name, entry, file, progress, ct));
                break;
            case TarEntryType.SymbolicLink:
                links[name] = Normalize(entry.LinkName, System.IO.Path.GetDirectoryName(name) ?? "");
                break;
            case TarEntryType.HardLink:
                links[name] = Normalize(entry.LinkName, "");
                break;
            default:
                // Directories say nothing; other things have no business here.
                break;
        }
    }

    private void Add(string name, ArchiveEntry entry)
    {
        if (DigestInName(name) is { } claimed && claimed != entry.Digest)
        {
            throw new ContainerToolsException("ArchiveDigestMismatch", ErrorKind.InvalidData,
                $"'{path}' is damaged: its entry '{name}' has digest {entry.Digest}. Nothing was imported.", path);
        }

        files[name] = entry;
        byDigest[entry.Digest] = entry;
    }

    private static Digest? DigestInName(string name) =>
        name.Split('/') is ["blobs", var algorithm, var hex] && Digest.TryParse($"{algorithm}:{hex}", out var digest) ? digest : null;

    private ArchiveEntry ReadSmall(TarEntry entry)
    {
        byte[] bytes = new byte[entry.Length];
        entry.DataStream?.ReadExactly(bytes);
        inMemory += bytes.Length;
        bool sha512 = DigestInName(Normalize(entry.Name, ""))?.Algorithm == "sha512";
        return new ArchiveEntry(sha512 ? Hashing.Sha512(bytes) : Hashing.Sha256(bytes), bytes.Length, bytes);
    }

    private ArchiveEntry Store(string name, TarEntry entry, FileStream file, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        var claimed = DigestInName(name);
        using var blob = content.BeginWrite(claimed?.Algorithm ?? "sha256");
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        long length = entry.Length;
        while (blob.Length < length)
        {
            ct.ThrowIfCancellationRequested();
            int count = entry.DataStream!.Read(buffer, 0, (int)Math.Min(buffer.Length, length - blob.Length));
            if (count == 0)
            {
                throw new EndOfStreamException($"it ends within '{name}'");
            }

            blob.Write(buffer.AsSpan(0, count));
            progress?.Report(new TransferProgress(System.IO.Path.GetFileName(path), TransferPhase.Reading, file.Position, file.Length));
        }

        var digest = blob.Finish();
        if (claimed is null || claimed == digest)
        {
            lease.Add(LayerKeys.OfBlob(digest), ct);
            blob.Commit(digest);
        }

        return new ArchiveEntry(digest, length, null);
    }
}
