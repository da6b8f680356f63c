using ContainerTools.Core.Registry;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>Looks at images in a registry without pulling them: only manifests and configurations are fetched.</summary>
public static class RemoteImageReader
{
    private const int MaxDepth = 3;
    private const int Parallel = 4;

    /// <summary>Reads what a name stands for: an image, or an index with an image for each of several platforms.</summary>
    /// <exception cref="ContainerToolsException">Any of the errors of registries and manifests.</exception>
    public static async Task<RemoteImage> ReadAsync(RegistryClient client, ImageReference reference, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(reference);
        string what = $"'{reference.Familiar}' could not be read";
        var found = await client.GetManifestAsync(reference, ct);
        var platforms = MediaTypes.IsIndex(found.MediaType)
            ? await ReadIndexAsync(client, reference, found, MaxDepth, what, ct)
            : [await ReadManifestAsync(client, reference, found, null, what, ct)];
        return new RemoteImage(reference) { Digest = found.Digest, MediaType = found.MediaType, Platforms = platforms };
    }

    private static async Task<IReadOnlyList<RemotePlatform>> ReadIndexAsync(
        RegistryClient client, ImageReference reference, RegistryManifest found, int depth, string what, CancellationToken ct)
    {
        // Builders put statements about an image beside it, for no platform that exists.
        var entries = ManifestReader.ReadIndex(found.Bytes, what, reference).Manifests
            .Where(static m => m is not null && m.Platform?.Os != "unknown" && (MediaTypes.IsManifest(m.MediaType) || MediaTypes.IsIndex(m.MediaType))).ToList();
        var parts = new IReadOnlyList<RemotePlatform>[entries.Count];
        await System.Threading.Tasks.Parallel.ForAsync(0, entries.Count, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = ct }, async (i, token) =>
        {
            var child = await client.GetManifestAsync(reference.WithDigest(entries[i].Digest), token);
            try
            {
                parts[i] = !MediaTypes.IsIndex(child.MediaType) ? [await ReadManifestAsync(client, reference, child, entries[i].Platform, what, token)]
                    : depth > 1 ? await ReadIndexAsync(client, reference, child, depth - 1, what, token)
                    : throw new ContainerToolsException("ManifestInvalid", ErrorKind.InvalidData, $"{what}: its indexes are nested more than {MaxDepth} deep.", reference);
            }
            catch (ContainerToolsException e) when (e.ErrorId == "ManifestTypeNotSupported")
            {
                // Something else than an image.
                parts[i] = [];
            }
        });
        return [.. parts.SelectMany(static p => p)];
    }

    private static async Task<RemotePlatform> ReadManifestAsync(
        RegistryClient client, ImageReference reference, RegistryManifest found, Platform? platform, string what, CancellationToken ct)
    {
        var manifest = ManifestReader.ReadManifest(found.Bytes, what, reference);
        platform ??= ManifestReader.ReadConfig(await client.ReadBlobAsync(reference, manifest.Config, RegistryClient.MaxManifestSize, what, ct), manifest, what, reference).Platform;
        return new RemotePlatform(platform, found.Digest, found.MediaType, manifest.Config.Size + manifest.Layers.Sum(static l => l.Size), manifest.Layers);
    }
}
