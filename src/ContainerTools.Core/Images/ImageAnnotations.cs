using System.Globalization;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>What the store's index says of an image beside its descriptor.</summary>
internal static class ImageAnnotations
{
    private const string UnpackedSizeKey = "containertools.unpacked-size";
    private const string IndexDigestKey = "containertools.index-digest";

    internal static long? UnpackedSize(Descriptor descriptor) =>
        Get(descriptor, UnpackedSizeKey) is { } text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long size) ? size : null;

    internal static Digest? IndexDigest(Descriptor descriptor) =>
        Digest.TryParse(Get(descriptor, IndexDigestKey), out var digest) ? digest : null;

    internal static ImageReference? Reference(Descriptor descriptor) =>
        ImageReference.TryParse(Get(descriptor, ImageLayout.RefNameAnnotation), out var reference) ? reference : null;

    /// <summary>The index's entry for an image.</summary>
    internal static Descriptor Describe(Descriptor manifest, ImageReference? reference, ImageConfig config, long unpackedSize, Digest? indexDigest)
    {
        var annotations = new Dictionary<string, string> { [UnpackedSizeKey] = unpackedSize.ToString(CultureInfo.InvariantCulture) };
        if (reference is not null)
        {
            annotations[ImageLayout.RefNameAnnotation] = reference.ToString();
        }

        if (indexDigest is { } digest)
        {
            annotations[IndexDigestKey] = digest.ToString();
        }

        return new Descriptor { MediaType = manifest.MediaType, Digest = manifest.Digest, Size = manifest.Size, Platform = config.Platform, Annotations = annotations };
    }

    /// <summary>The same entry under another name, or none.</summary>
    internal static Descriptor Rename(Descriptor entry, ImageReference? reference)
    {
        var annotations = new Dictionary<string, string>(entry.Annotations ?? new Dictionary<string, string>());
        annotations.Remove(ImageLayout.RefNameAnnotation);
        if (reference is not null)
        {
            annotations[ImageLayout.RefNameAnnotation] = reference.ToString();
        }

        return entry with { Annotations = annotations };
    }

    private static string? Get(Descriptor descriptor, string key) =>
        descriptor.Annotations is { } annotations && annotations.TryGetValue(key, out string? value) ? value : null;
}
