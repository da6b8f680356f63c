using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>A repository's tags (distribution-spec, "Listing Tags").</summary>
public sealed record TagList
{
    /// <summary>The repository.</summary>
    [JsonPropertyName("name")]
    public string? Name { get; init; }

    /// <summary>The tags.</summary>
    [JsonPropertyName("tags")]
    public IReadOnlyList<string> Tags { get; init => field = value ?? []; } = [];
}
