using System.Text.Json;
using ContainerTools.Core.Content;
using ContainerTools.Engine;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>Makes an image of layers that are in the store and a configuration, as a pull would have left it.</summary>
internal sealed class ImageAssembler(ContentStore content, LayerStore layers, ImageCatalog catalog, Lease lease)
{
    /// <summary>Stores the image under each of the names, or without one.</summary>
    /// <param name="config">The configuration; its layers are those of <paramref name="blobs"/>, which the lease protects.</param>
    /// <param name="blobs">The layers' blobs, the base first.</param>
    /// <param name="names">Its names.</param>
    /// <param name="ct">Cancels the waiting for the store.</param>
    /// <returns>The image under its first name.</returns>
    internal Image Save(
        ImageConfig config, IReadOnlyList<Descriptor> blobs, IReadOnlyList<ImageReference> names, CancellationToken ct)
    {
        var images = Make(config, blobs, names, ct);
        Add(images, ct);
        return images[0];
    }

    /// <summary>Makes images of the store known.</summary>
    internal void Add(IReadOnlyList<Image> images, CancellationToken ct)
    {
        using (content.Lock(ct))
        {
            foreach (var image in images)
            {
                catalog.Add(image.Descriptor);
            }
        }
    }

    /// <summary>Stores what makes up the image, which the lease protects, and makes it known to nobody.</summary>
    /// <returns>The image, once for each of its names; without one, once.</returns>
    internal IReadOnlyList<Image> Make(
        ImageConfig config, IReadOnlyList<Descriptor> blobs, IReadOnlyList<ImageReference> names, CancellationToken ct, IReadOnlyDictionary<string, string>? annotations = null)
    {
        byte[] configBytes = JsonSerializer.SerializeToUtf8Bytes(config, OciJson.Default.ImageConfig);
        var manifest = new ImageManifest
        {
            SchemaVersion = 2,
            MediaType = MediaTypes.OciManifest,
            Config = new Descriptor { MediaType = MediaTypes.OciConfig, Digest = Hashing.Sha256(configBytes), Size = configBytes.Length },
            Layers = [.. blobs.Select(static b => b with { MediaType = OfOci(b), Annotations = null, Platform = null })],
            Annotations = annotations,
        };
        byte[] manifestBytes = JsonSerializer.SerializeToUtf8Bytes(manifest, OciJson.Default.ImageManifest);
        var descriptor = new Descriptor { MediaType = MediaTypes.OciManifest, Digest = Hashing.Sha256(manifestBytes), Size = manifestBytes.Length };
        lease.Add(LayerKeys.OfBlob(manifest.Config.Digest), ct);
        lease.Add(LayerKeys.OfBlob(descriptor.Digest), ct);
        foreach (var blob in blobs.Where(b => !content.Contains(b.Digest, b.Size)))
        {
            throw new ContainerToolsException("ImageContentMissing", ErrorKind.InvalidData,
                $"Layer {blob.Digest.ShortHex}, which the new image is to be based on, is missing from '{content.Directory}'. Pull or import its image again.", blob.Digest);
        }

        long size = layers.Resolve(config.RootFs.DiffIds).Sum(static l => l.Size);
        content.PutIfMissing(configBytes, manifest.Config.Digest);
        content.PutIfMissing(manifestBytes, descriptor.Digest);
        return [.. names.Cast<ImageReference?>().DefaultIfEmpty(null).Select(n => new Image(ImageAnnotations.Describe(descriptor, n, config, size, null), n, manifest, config))];
    }

    // A manifest of OCI's names layers by OCI's types; Docker's are the same data.
    private static string OfOci(Descriptor layer) => layer.MediaType switch
    {
        MediaTypes.DockerLayer => MediaTypes.OciLayer,
        MediaTypes.DockerLayerGzip => MediaTypes.OciLayerGzip,
        MediaTypes.DockerLayerZstd => MediaTypes.OciLayerZstd,
        var type => type,
    };
}
