using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>The body of a registry's error response (distribution-spec, "Error Codes").</summary>
public sealed record RegistryErrors
{
    /// <summary>The errors.</summary>
    [JsonPropertyName("errors")]
    public IReadOnlyList<RegistryError> Errors { get; init => field = value ?? []; } = [];
}
