using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>The manifest of one image: its config and its layers (image-spec, manifest.md; Docker's schema 2 has the same form).</summary>
public sealed record ImageManifest
{
    /// <summary>Always 2.</summary>
    [JsonPropertyName("schemaVersion")]
    public int SchemaVersion { get; init; }

    /// <summary>The manifest's own media type; OCI manifests may leave it out.</summary>
    [JsonPropertyName("mediaType")]
    public string? MediaType { get; init; }

    /// <summary>The type of an artifact that is not an image.</summary>
    [JsonPropertyName("artifactType")]
    public string? ArtifactType { get; init; }

    /// <summary>The image's configuration.</summary>
    [JsonPropertyName("config")]
    [JsonRequired]
    public Descriptor Config { get; init; } = new();

    /// <summary>The layers, the base first.</summary>
    [JsonPropertyName("layers")]
    public IReadOnlyList<Descriptor> Layers { get; init => field = value ?? []; } = [];

    /// <summary>What the manifest says something about, such as the image that a signature signs.</summary>
    [JsonPropertyName("subject")]
    public Descriptor? Subject { get; init; }

    /// <summary>Free-form annotations.</summary>
    [JsonPropertyName("annotations")]
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}
