using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>What a credential helper is given and gives (Docker's credential-helper protocol).</summary>
public sealed record HelperCredential
{
    /// <summary>The registry.</summary>
    [JsonPropertyName("ServerURL")]
    public string? ServerUrl { get; init; }

    /// <summary>The user; <c>&lt;token&gt;</c> where the secret is an OAuth 2 refresh token.</summary>
    [JsonPropertyName("Username")]
    public string? UserName { get; init; }

    /// <summary>The password or token.</summary>
    [JsonPropertyName("Secret")]
    public string? Secret { get; init; }
}
