using ContainerTools.Oci;

namespace ContainerTools;

/// <summary>An image in a registry. One that was only listed has a name and nothing else.</summary>
public sealed class RemoteImage
{
    internal RemoteImage(ImageReference reference) => Reference = reference;

    /// <summary>The image's name.</summary>
    public ImageReference Reference { get; }

    /// <summary>The name without tag, in its shortest form: <c>localhost:5000/debian</c>.</summary>
    public string Repository => Reference.FamiliarName;

    /// <summary>The tag; null for an image named by its digest alone.</summary>
    public string? Tag => Reference.Tag;

    /// <summary>The digest of the manifest or index that the name stands for; null if the image was only listed.</summary>
    public Digest? Digest { get; internal init; }

    /// <summary>The media type of the manifest or index; null if the image was only listed.</summary>
    public string? MediaType { get; internal init; }

    /// <summary>The image for each platform; empty if it was only listed.</summary>
    public IReadOnlyList<RemotePlatform> Platforms { get; internal init; } = [];

    /// <summary>Bytes that a pull fetches at most: of this machine's platform, or of the only one; null otherwise.</summary>
    public long? DownloadSize => Platforms is [var only] ? only.DownloadSize
        : Platforms.Where(static p => Platform.Current.Matches(p.Platform)).MinBy(static p => Platform.Current.Rank(p.Platform))?.DownloadSize;

    /// <summary>The name in its shortest form, which a pull takes.</summary>
    public override string ToString() => Reference.Familiar;

    /// <summary>An image of which only the name is known.</summary>
    public static RemoteImage Listed(ImageReference reference) => new(reference);
}
