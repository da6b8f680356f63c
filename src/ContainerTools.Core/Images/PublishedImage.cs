using ContainerTools.Oci;

namespace ContainerTools;

/// <summary>An image as a push has left it in a registry.</summary>
public sealed class PublishedImage
{
    internal PublishedImage(ImageReference reference, Digest digest, string mediaType)
    {
        Reference = reference;
        Digest = digest;
        MediaType = mediaType;
    }

    /// <summary>The name that it was pushed under.</summary>
    public ImageReference Reference { get; }

    /// <summary>The name without tag, in its shortest form: <c>localhost:5000/debian</c>.</summary>
    public string Repository => Reference.FamiliarName;

    /// <summary>The tag; null for a push by digest.</summary>
    public string? Tag => Reference.Tag;

    /// <summary>The digest of the manifest: the registry's copy has the one that the store's has.</summary>
    public Digest Digest { get; }

    /// <summary>The manifest's media type.</summary>
    public string MediaType { get; }

    /// <summary>Bytes of the configuration and the layers.</summary>
    public long Size { get; internal init; }

    /// <summary>Bytes that were sent; what the registry had already was not.</summary>
    public long SentSize { get; internal init; }

    /// <summary>Bytes that the registry took from another of its repositories.</summary>
    public long MountedSize { get; internal init; }

    /// <summary>The name in its shortest form, which a pull takes.</summary>
    public override string ToString() => Reference.Familiar;
}
