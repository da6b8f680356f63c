using ContainerTools.Oci;

namespace ContainerTools;

/// <summary>One layer of an image.</summary>
public sealed class ImageLayer
{
    internal ImageLayer(string imageName, int number, Digest diffId, Descriptor descriptor)
    {
        ImageName = imageName;
        Number = number;
        DiffId = diffId;
        Digest = descriptor.Digest;
        MediaType = descriptor.MediaType;
        DownloadSize = descriptor.Size;
    }

    /// <summary>The image's name, or the beginning of its id.</summary>
    public string ImageName { get; }

    /// <summary>Its place: the base is 1.</summary>
    public int Number { get; }

    /// <summary>The digest of its uncompressed tar.</summary>
    public Digest DiffId { get; }

    /// <summary>The digest of the blob that a registry has of it.</summary>
    public Digest Digest { get; }

    /// <summary>The blob's media type, which says how it is compressed.</summary>
    public string MediaType { get; }

    /// <summary>Bytes of the blob.</summary>
    public long DownloadSize { get; }

    /// <summary>Bytes in its files, unpacked; null while it is not unpacked.</summary>
    public long? Size { get; internal init; }

    /// <summary>The directory that it is unpacked in; null while it is not.</summary>
    public string? Path { get; internal init; }

    /// <summary>The command that made it, as the image's history tells.</summary>
    public string? CreatedBy { get; internal init; }

    /// <summary>When it was made, as the image's history tells.</summary>
    public DateTimeOffset? Created { get; internal init; }

    /// <summary>The other images here that have it too, once for each name.</summary>
    public IReadOnlyList<string> SharedWith { get; internal init; } = [];

    /// <summary>The DiffID.</summary>
    public override string ToString() => DiffId.ToString();
}
