using System.Text.Json;
using ContainerTools.Core.Content;
using ContainerTools.Core.Images;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build.Cache;

/// <summary>
/// The results of steps by what they depend on: <c>build-cache/steps/KEY.json</c> in the store. Their layers and blobs are the store's own, and stay while a
/// record names them. Any number of builds may use it at once.
/// </summary>
public sealed class BuildCache
{
    private readonly string directory;

    /// <summary>The cache of a store; nothing is read yet.</summary>
    public BuildCache(StorePaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        directory = Path.Combine(paths.Root, "build-cache", "steps");
        MountsDirectory = Path.Combine(paths.Root, "build-cache", "mounts");
    }

    /// <summary>Where the directories of <c>RUN --mount=type=cache</c> are.</summary>
    public string MountsDirectory { get; }

    /// <summary>All records, the one longest out of use first; what cannot be read is passed over.</summary>
    public IReadOnlyList<BuildCacheRecord> List() => !Directory.Exists(directory)
        ? []
        : [.. new DirectoryInfo(directory).EnumerateFiles("*.json").Select(static f => Read(f.FullName)).OfType<BuildCacheRecord>().OrderBy(static r => r.LastUsed)];

    /// <summary>Forgets a step. Its layer goes with the next collection, unless an image, a container or another record needs it.</summary>
    /// <param name="key">The record's <see cref="BuildCacheRecord.Key"/>.</param>
    public void Remove(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (key.All(char.IsAsciiHexDigit) && Directory.Exists(directory))
        {
            File.Delete(PathOf(key));
        }
    }

    /// <summary>The keys of blobs and unpacked layers that records name, as a collection knows them.</summary>
    internal IEnumerable<string> KeysInUse()
    {
        foreach (var record in List().Where(static r => r.Blob is not null))
        {
            yield return LayerKeys.OfBlob(record.Blob!.Digest);
            yield return record.DiffId.Hex;
            yield return record.ChainId.Hex;
        }
    }

    /// <summary>Looks for a step's result whose layer is still there; the lease then protects it.</summary>
    internal BuildCacheRecord? Find(string key, IReadOnlyList<Digest> below, ContentStore content, LayerStore layers, Lease lease, CancellationToken ct)
    {
        string path = PathOf(key);
        if (!File.Exists(path) || Read(path) is not { } record)
        {
            return null;
        }

        if (record.Blob is { } blob)
        {
            lease.Add(LayerKeys.OfBlob(blob.Digest), ct);
            foreach (string layerKey in LayerKeys.OfLayers([.. below, record.DiffId]))
            {
                lease.Add(layerKey, ct);
            }

            if (!content.Contains(blob.Digest, blob.Size) || layers.Find([.. below, record.DiffId]) is null)
            {
                return null;
            }
        }

        try
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (IOException)
        {
            // Removed meanwhile: what it names is leased.
        }

        return record;
    }

    /// <summary>Keeps a result. A crash may lose it, which costs one execution.</summary>
    internal void Add(BuildCacheRecord record)
    {
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        AtomicFile.Write(PathOf(record.Key), JsonSerializer.SerializeToUtf8Bytes(record, BuildCacheJson.Default.BuildCacheRecord), durable: false);
    }

    private static BuildCacheRecord? Read(string path)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(path), BuildCacheJson.Default.BuildCacheRecord);
            return record is null ? null : record with { LastUsed = new DateTimeOffset(File.GetLastWriteTimeUtc(path)) };
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string PathOf(string key) => Path.Combine(directory, key + ".json");
}
