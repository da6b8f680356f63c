using System.Text.Json;
using ContainerTools.Core.Content;
using ContainerTools.Core.Images;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build.Cache;

/// <summary>
/// The results of steps by what they depend on: <c>build-cache/steps/KEY.json</c> in the store. Their layers and blobs are the store's own, and stay while a
/// record names them. Any number of builds may use it at once.
/// </summary>
public sealed class BuildCache
{
    private const string IdSuffix = ".id";

    private readonly StorePaths paths;
    private readonly string directory;

    /// <summary>The cache of a store; nothing is read yet.</summary>
    public BuildCache(StorePaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        this.paths = paths;
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

    /// <summary>All directories of <c>RUN --mount=type=cache</c>, the one longest out of use first.</summary>
    public IReadOnlyList<BuildCacheMount> ListMounts() => !Directory.Exists(MountsDirectory)
        ? []
        : [.. new DirectoryInfo(MountsDirectory).EnumerateDirectories().Select(DescribeMount).OrderBy(static m => m.LastUsed)];

    /// <summary>Removes the directory of a cache mount, unless a build uses it.</summary>
    /// <param name="name">Its <see cref="BuildCacheMount.Name"/>.</param>
    /// <returns>Whether it is gone.</returns>
    public bool RemoveMount(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        using var held = StoreLock.TryAcquire(paths, MountLock(name));
        if (held is null)
        {
            return false;
        }

        OwnedTree.Remove(paths, Path.Combine(MountsDirectory, name));
        File.Delete(Path.Combine(MountsDirectory, name + IdSuffix));
        return true;
    }

    /// <summary>Whether a build uses a cache mount now.</summary>
    internal bool IsMountInUse(string name)
    {
        using var held = StoreLock.TryAcquire(paths, MountLock(name));
        return held is null;
    }

    /// <summary>The lock that a build holds while it uses a cache mount.</summary>
    internal static string MountLock(string name) => "build-cache-" + name;

    /// <summary>Notes that a cache mount is in use now; its directory is there.</summary>
    internal void TouchMount(string name, string id) => File.WriteAllText(Path.Combine(MountsDirectory, name + IdSuffix), id);

    /// <summary>The keys of blobs and unpacked layers that records name, as a collection knows them.</summary>
    internal IEnumerable<string> KeysInUse() => List().SelectMany(KeysOf);

    /// <summary>The keys of a record's blob and of its unpacked layer, whichever way that is kept.</summary>
    internal static IEnumerable<string> KeysOf(BuildCacheRecord record) =>
        record.Blob is { } blob ? [LayerKeys.OfBlob(blob.Digest), record.DiffId.Hex, record.ChainId.Hex] : [];

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

    private BuildCacheMount DescribeMount(DirectoryInfo mount)
    {
        var id = new FileInfo(Path.Combine(MountsDirectory, mount.Name + IdSuffix));
        return id.Exists ? new BuildCacheMount(mount.Name, File.ReadAllText(id.FullName), mount.FullName, id.LastWriteTimeUtc)
            : new BuildCacheMount(mount.Name, mount.Name, mount.FullName, mount.LastWriteTimeUtc);
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
