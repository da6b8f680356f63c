using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>A registry's repositories (Docker's registry API, "Catalog").</summary>
public sealed record RepositoryList
{
    /// <summary>The repositories.</summary>
    [JsonPropertyName("repositories")]
    public IReadOnlyList<string> Repositories { get; init => field = value ?? []; } = [];
}
