using ContainerTools.Core.Images;
using ContainerTools.Oci;

namespace ContainerTools;

/// <summary>
/// An image in the local store, as it was when it was read. Its properties avoid the names of New-Container's parameters, since piping an object
/// binds what has such a name.
/// </summary>
public sealed class Image
{
    internal Image(Descriptor descriptor, ImageReference? reference, ImageManifest manifest, ImageConfig config)
    {
        Descriptor = descriptor;
        Manifest = manifest;
        Reference = reference;
        Config = config;
        DownloadSize = manifest.Config.Size + manifest.Layers.Sum(static l => l.Size);
        Size = ImageAnnotations.UnpackedSize(descriptor) ?? DownloadSize;
        IndexDigest = ImageAnnotations.IndexDigest(descriptor);
    }

    /// <summary>The image's name; null when it has none (any more).</summary>
    public ImageReference? Reference { get; }

    /// <summary>The name without tag, in its shortest form: <c>debian</c>, <c>localhost:5000/debian</c>.</summary>
    public string? Repository => Reference?.FamiliarName;

    /// <summary>The tag.</summary>
    public string? Tag => Reference?.Tag;

    /// <summary>The image's id, <c>sha256:...</c>: the digest of its configuration.</summary>
    public string Id => Manifest.Config.Digest.ToString();

    /// <summary>The first twelve digits of the id.</summary>
    public string ShortId => Manifest.Config.Digest.ShortHex;

    /// <summary>The digest of the image's manifest.</summary>
    public Digest Digest => Descriptor.Digest;

    /// <summary>The digest of the index that the image was chosen from, when it was: what the registry calls the tag's digest.</summary>
    public Digest? IndexDigest { get; }

    /// <summary>The operating system: <c>linux</c>.</summary>
    public string Os => Config.Os;

    /// <summary>The processor architecture: <c>amd64</c>.</summary>
    public string Architecture => Config.Architecture;

    /// <summary>The processor's variant.</summary>
    public string? Variant => Config.Variant;

    /// <summary>When the image was made, as it says itself.</summary>
    public DateTimeOffset? Created => Config.Created;

    /// <summary>Bytes that the unpacked layers take.</summary>
    public long Size { get; }

    /// <summary>Bytes of the configuration and the layers as the registry has them.</summary>
    public long DownloadSize { get; }

    /// <summary>The layers by the digests of their uncompressed tars, the base first.</summary>
    public IReadOnlyList<Digest> Layers => Config.RootFs.DiffIds;

    /// <summary>The image's configuration.</summary>
    public ImageConfig Config { get; }

    /// <summary>The image's labels.</summary>
    public IReadOnlyDictionary<string, string> Labels => Config.Config.Labels ?? ReadOnlyLabels;

    internal Descriptor Descriptor { get; }

    internal ImageManifest Manifest { get; }

    private static IReadOnlyDictionary<string, string> ReadOnlyLabels => System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The name in its shortest form, or the short id where there is none: either finds the image again.</summary>
    public override string ToString() => Reference?.Familiar ?? ShortId;
}
