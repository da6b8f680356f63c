using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>What a token server answers (Docker's "Token Authentication Specification").</summary>
public sealed record RegistryToken
{
    /// <summary>The token.</summary>
    [JsonPropertyName("token")]
    public string? Token { get; init; }

    /// <summary>The token, as OAuth 2 calls it.</summary>
    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }

    /// <summary>Seconds that the token is valid for; 60 when left out.</summary>
    [JsonPropertyName("expires_in")]
    public int? ExpiresIn { get; init; }
}
