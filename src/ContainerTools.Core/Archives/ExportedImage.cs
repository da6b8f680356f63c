using System.Text.Json;
using ContainerTools.Core.Content;
using ContainerTools.Oci;

namespace ContainerTools.Core.Archives;

/// <summary>
/// An image as an archive holds it. OCI tools look for OCI manifests in an image layout only, so a Docker manifest is rewritten with OCI's media
/// types; configuration and layers stay as they are, and so does the image's id.
/// </summary>
/// <param name="Image">The image.</param>
/// <param name="Manifest">The manifest in OCI's form.</param>
/// <param name="Descriptor">The manifest's descriptor.</param>
/// <param name="ManifestBytes">The manifest's bytes when they differ from the store's.</param>
internal sealed record ExportedImage(Image Image, ImageManifest Manifest, Descriptor Descriptor, byte[]? ManifestBytes)
{
    internal static ExportedImage From(Image image)
    {
        if (image.Descriptor.MediaType == MediaTypes.OciManifest)
        {
            return new ExportedImage(image, image.Manifest, image.Descriptor, null);
        }

        var manifest = image.Manifest with
        {
            MediaType = MediaTypes.OciManifest,
            Config = image.Manifest.Config with { MediaType = MediaTypes.OciConfig },
            Layers = [.. image.Manifest.Layers.Select(static l => l with { MediaType = OciType(l.MediaType) })],
        };
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(manifest, OciJson.Default.ImageManifest);
        return new ExportedImage(image, manifest, new Descriptor { MediaType = MediaTypes.OciManifest, Digest = Hashing.Sha256(bytes), Size = bytes.Length }, bytes);
    }

    private static string OciType(string mediaType) => MediaTypes.CompressionOf(mediaType) switch
    {
        LayerCompression.Gzip => MediaTypes.OciLayerGzip,
        LayerCompression.Zstd => MediaTypes.OciLayerZstd,
        _ => MediaTypes.OciLayer,
    };
}
