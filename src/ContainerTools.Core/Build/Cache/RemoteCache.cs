using System.Text;
using System.Text.Json;
using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;
using ContainerTools.Engine;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build.Cache;

/// <summary>The results of steps that registries have. Only their records are fetched; a layer is when somebody needs it.</summary>
/// <param name="supply">Told where the layers are.</param>
internal sealed class RemoteCache(LayerSupply supply)
{
    private readonly Dictionary<string, BuildCacheRecord> records = [];

    /// <summary>Reads a cache. One that cannot be read is none.</summary>
    /// <exception cref="ContainerToolsException">What kept it from being read.</exception>
    internal async Task LoadAsync(CacheLocation location, Platform platform, CancellationToken ct)
    {
        var reference = location.Reference!;
        string what = $"The build cache '{reference.Familiar}' could not be read";
        var client = await supply.ConnectAsync(reference, ct);
        var found = await client.GetManifestAsync(reference, ct);
        if (MediaTypes.IsIndex(found.MediaType))
        {
            var chosen = ManifestReader.Select(ManifestReader.ReadIndex(found.Bytes, what, reference), platform, what, reference);
            found = await client.GetManifestAsync(reference.WithDigest(chosen.Digest), ct);
        }

        var manifest = JsonSerializer.Deserialize(found.Bytes, OciJson.Default.ImageManifest)!;
        try
        {
            var blobs = manifest.Layers.Select(static l => l.Digest).ToHashSet();
            foreach (var record in BuildCacheList.Read(await ReadListAsync(client, reference, manifest, what, ct)).Where(r => r.Blob is null || blobs.Contains(r.Blob.Digest)))
            {
                records.TryAdd(record.Key, record);
            }
        }
        catch (JsonException e)
        {
            throw new ContainerToolsException("BuildCacheInvalid", ErrorKind.InvalidData, $"{what}: {e.Message}", reference, e);
        }

        supply.Add(reference, manifest.Layers);
    }

    /// <summary>Looks for a step's result; the lease then protects what of it is here, or will be.</summary>
    internal BuildCacheRecord? Find(string key, IReadOnlyList<Digest> below, Lease lease, CancellationToken ct)
    {
        if (!records.TryGetValue(key, out var record))
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
        }

        return record;
    }

    private static async Task<byte[]> ReadListAsync(RegistryClient client, ImageReference reference, ImageManifest manifest, string what, CancellationToken ct)
    {
        if (manifest.Config.MediaType == BuildCacheList.MediaType)
        {
            return await client.ReadBlobAsync(reference, manifest.Config, BuildCacheList.MaximumSize, what, ct);
        }

        return manifest.Annotations is { } annotations && annotations.TryGetValue(BuildCacheList.Annotation, out string? list) ? Encoding.UTF8.GetBytes(list)
            : throw new ContainerToolsException("BuildCacheNotFound", ErrorKind.NotFound, $"{what}: it has no build cache. Write one with -CacheTo.", reference);
    }
}
