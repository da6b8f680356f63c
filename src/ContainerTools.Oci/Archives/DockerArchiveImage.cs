using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>One image in the <c>manifest.json</c> of an archive as <c>docker save</c> writes it.</summary>
public sealed record DockerArchiveImage
{
    /// <summary>The archive's entry that is the image's configuration.</summary>
    [JsonPropertyName("Config")]
    public string? Config { get; init; }

    /// <summary>The image's names, in their familiar form.</summary>
    [JsonPropertyName("RepoTags")]
    public IReadOnlyList<string>? RepoTags { get; init; }

    /// <summary>The archive's entries that are the layers, the base first.</summary>
    [JsonPropertyName("Layers")]
    public IReadOnlyList<string>? Layers { get; init; }
}
