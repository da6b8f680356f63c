using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>Names a blob: its type, digest and size (image-spec, descriptor.md).</summary>
public sealed record Descriptor
{
    /// <summary>The blob's media type.</summary>
    [JsonPropertyName("mediaType")]
    public string MediaType { get; init => field = value ?? ""; } = "";

    /// <summary>The blob's digest.</summary>
    [JsonPropertyName("digest")]
    [JsonRequired]
    public Digest Digest { get; init; }

    /// <summary>The blob's size in bytes.</summary>
    [JsonPropertyName("size")]
    [JsonRequired]
    public long Size { get; init; }

    /// <summary>Other places to fetch the blob from.</summary>
    [JsonPropertyName("urls")]
    public IReadOnlyList<string>? Urls { get; init; }

    /// <summary>Free-form annotations.</summary>
    [JsonPropertyName("annotations")]
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>The blob itself, embedded.</summary>
    [JsonPropertyName("data")]
    public byte[]? Data { get; init; }

    /// <summary>The type of an artifact that is not an image.</summary>
    [JsonPropertyName("artifactType")]
    public string? ArtifactType { get; init; }

    /// <summary>In an index: what the manifest's image runs on.</summary>
    [JsonPropertyName("platform")]
    public Platform? Platform { get; init; }
}
