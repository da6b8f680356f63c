using System.Text.Json;
using ContainerTools.Core.Content;
using ContainerTools.Core.Registry;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build.Cache;

/// <summary>Writes the results of a build's steps to a registry: an artifact whose layers are theirs, and whose configuration has their records.</summary>
/// <param name="supply">Has the blobs.</param>
internal sealed class CacheExporter(LayerSupply supply)
{
    private const int Parallel = 3;

    /// <summary>Writes a cache; what the registry has is not sent again.</summary>
    /// <exception cref="Engine.ContainerToolsException">Any of the errors of registries.</exception>
    internal async Task ExportAsync(ImageReference destination, IReadOnlyList<BuildCacheRecord> records, CancellationToken ct)
    {
        string what = $"The build cache could not be written to '{destination.Familiar}'";
        byte[] list = BuildCacheList.Write(records);
        var config = new Descriptor { MediaType = BuildCacheList.MediaType, Digest = Hashing.Sha256(list), Size = list.Length };
        var blobs = records.Select(static r => r.Blob).OfType<Descriptor>().DistinctBy(static b => b.Digest).OrderBy(static b => b.Digest.Hex, StringComparer.Ordinal).ToList();
        byte[] manifest = JsonSerializer.SerializeToUtf8Bytes(
            new ImageManifest { SchemaVersion = 2, MediaType = MediaTypes.OciManifest, Config = config, Layers = blobs }, OciJson.Default.ImageManifest);
        var digest = Hashing.Sha256(manifest);

        // The first question also gets the token that all that follows is sent with.
        var client = await supply.ConnectAsync(destination, ct);
        if (await client.FindManifestAsync(destination, what, ct) == digest)
        {
            return;
        }

        await System.Threading.Tasks.Parallel.ForEachAsync(blobs, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = ct }, async (blob, token) =>
            await new BlobUpload(client, destination, blob, offset => supply.OpenAsync(blob, offset, token).GetAwaiter().GetResult()).RunAsync([], token));
        await new BlobUpload(client, destination, config, offset => new MemoryStream(list, (int)offset, list.Length - (int)offset)).RunAsync([], ct);
        await client.PutManifestAsync(destination, manifest, MediaTypes.OciManifest, digest, what, ct);
    }
}
