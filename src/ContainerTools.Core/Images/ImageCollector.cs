using System.Text.Json;
using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Content;
using ContainerTools.Core.Registry;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>
/// Deletes blobs and unpacked layers that no image, no container and no lease needs. It runs under the content lock, and no lease grows meanwhile:
/// whoever wants to rely on what is there adds it to a lease first and then looks.
/// </summary>
internal sealed class ImageCollector(StorePaths paths, ContentStore content, LayerStore layers, ContainerManager containers)
{
    /// <param name="keepsCopies">
    /// Whether a copy of a layer for containers with ids of their own stays while the layer does, since the next such container can use it. Otherwise remains of crashes go as well.
    /// </param>
    /// <param name="ct">Cancels the waiting for locks.</param>
    internal (IReadOnlyList<string> Layers, IReadOnlyList<Digest> Blobs, long FreedBytes) Collect(bool keepsCopies, CancellationToken ct)
    {
        using var freeze = LeaseFreeze.Begin(paths, ct);
        long freed = content.DeleteAbandoned();
        // Not when an image is removed: that should not fail of what others have left.
        if (!keepsCopies)
        {
            layers.CollectGarbage();
        }

        var (unneededLayers, unneededBlobs) = Find(freeze, keepsCopies);
        foreach (var layer in unneededLayers)
        {
            layers.Remove(layer.Key);
            freed += layer.Size;
        }

        foreach (var (digest, size) in unneededBlobs)
        {
            content.Delete(digest);
            freed += size;
        }

        return ([.. unneededLayers.Select(static l => l.Key)], [.. unneededBlobs.Select(static b => b.Digest)], freed);
    }

    /// <summary>Deletes what work that has failed had protected by a lease, which must have ended, as far as nothing needs it.</summary>
    /// <param name="keys">The lease's keys.</param>
    internal void Discard(IReadOnlyCollection<string> keys)
    {
        if (keys.Count == 0)
        {
            return;
        }

        using var guard = content.Lock(CancellationToken.None);
        using var freeze = LeaseFreeze.Begin(paths, CancellationToken.None);
        var (unneededLayers, unneededBlobs) = Find(freeze, keepsCopies: true);
        foreach (var layer in unneededLayers.Where(l => keys.Contains(l.Key)))
        {
            layers.Remove(layer.Key);
        }

        foreach (var (digest, _) in unneededBlobs.Where(b => keys.Contains(LayerKeys.OfBlob(b.Digest))))
        {
            content.Delete(digest);
        }
    }

    /// <summary>What a collection would delete now.</summary>
    internal (IReadOnlyList<Layer> Layers, IReadOnlyList<(Digest Digest, long Size)> Blobs) Find(CancellationToken ct)
    {
        using var freeze = LeaseFreeze.Begin(paths, ct);
        return Find(freeze, keepsCopies: false);
    }

    private (IReadOnlyList<Layer> Layers, IReadOnlyList<(Digest Digest, long Size)> Blobs) Find(LeaseFreeze freeze, bool keepsCopies)
    {
        var needed = new HashSet<string>(freeze.Keys);

        // After the leases: a container that is being made has a lease until its record names its layers.
        needed.UnionWith(containers.LayerKeysInUse());
        needed.UnionWith(new BuildCache(paths).KeysInUse());

        foreach (var entry in content.ReadIndex().Manifests)
        {
            AddNeeded(entry, needed);
        }

        return ([.. layers.List().Where(l => !needed.Contains(l.Key) && !(keepsCopies && l.CopyOf is { } original && needed.Contains(original)))], [.. content.List().Where(b => !needed.Contains(LayerKeys.OfBlob(b.Digest)))]);
    }

    // What a damaged entry still names stays, as far as it can be read: a new pull mends it. What is gone itself names nothing.
    private void AddNeeded(Descriptor entry, HashSet<string> needed)
    {
        if (!needed.Add(LayerKeys.OfBlob(entry.Digest)) && MediaTypes.IsIndex(entry.MediaType))
        {
            return;
        }

        byte[]? bytes = content.TryRead(entry.Digest, RegistryClient.MaxManifestSize);
        if (bytes is null)
        {
            return;
        }

        try
        {
            if (MediaTypes.IsIndex(entry.MediaType))
            {
                foreach (var child in JsonSerializer.Deserialize(bytes, OciJson.Default.ImageIndex)?.Manifests ?? [])
                {
                    AddNeeded(child, needed);
                }

                return;
            }

            var manifest = JsonSerializer.Deserialize(bytes, OciJson.Default.ImageManifest);
            if (manifest is null)
            {
                return;
            }

            foreach (var descriptor in manifest.Layers.Append(manifest.Config))
            {
                needed.Add(LayerKeys.OfBlob(descriptor.Digest));
            }

            if (content.TryRead(manifest.Config.Digest, RegistryClient.MaxManifestSize) is { } configBytes
                && JsonSerializer.Deserialize(configBytes, OciJson.Default.ImageConfig) is { } config)
            {
                needed.UnionWith(LayerKeys.OfLayers(config.RootFs.DiffIds));
            }
        }
        catch (JsonException)
        {
            // Damaged: it names nothing that could be told.
        }
    }
}
