using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>One error of a registry (distribution-spec, "Error Codes").</summary>
public sealed record RegistryError
{
    /// <summary>The code: <c>MANIFEST_UNKNOWN</c>, <c>UNAUTHORIZED</c>.</summary>
    [JsonPropertyName("code")]
    public string? Code { get; init; }

    /// <summary>A text for people.</summary>
    [JsonPropertyName("message")]
    public string? Message { get; init; }
}
