using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>The <c>oci-layout</c> file of an image layout (image-spec, image-layout.md).</summary>
public sealed record ImageLayout
{
    /// <summary>The only version there is.</summary>
    public const string CurrentVersion = "1.0.0";

    /// <summary>The annotation of a descriptor in <c>index.json</c> that holds the image's name or tag.</summary>
    public const string RefNameAnnotation = "org.opencontainers.image.ref.name";

    /// <summary>The layout's version.</summary>
    [JsonPropertyName("imageLayoutVersion")]
    public string? Version { get; init; }
}
