using ContainerTools.Oci;

namespace ContainerTools;

/// <summary>What a registry has of an image for one platform.</summary>
/// <param name="Platform">The platform.</param>
/// <param name="Digest">The digest of the image's manifest.</param>
/// <param name="MediaType">The manifest's media type.</param>
/// <param name="DownloadSize">Bytes of the configuration and the layers.</param>
/// <param name="Layers">The layers as the registry has them, the base first: digest, size in bytes, and media type.</param>
public sealed record RemotePlatform(Platform Platform, Digest Digest, string MediaType, long DownloadSize, IReadOnlyList<Descriptor> Layers)
{
    /// <summary>The platform: <c>linux/amd64</c>.</summary>
    public override string ToString() => Platform.ToString();
}
