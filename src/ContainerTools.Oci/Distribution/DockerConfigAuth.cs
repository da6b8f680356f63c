using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>One registry's credentials in Docker's <c>config.json</c>.</summary>
public sealed record DockerConfigAuth
{
    /// <summary><c>user:password</c> in base64.</summary>
    [JsonPropertyName("auth")]
    public string? Auth { get; init; }

    /// <summary>The user, where it stands apart.</summary>
    [JsonPropertyName("username")]
    public string? UserName { get; init; }

    /// <summary>The password, where it stands apart.</summary>
    [JsonPropertyName("password")]
    public string? Password { get; init; }

    /// <summary>An OAuth 2 refresh token, used instead of a password.</summary>
    [JsonPropertyName("identitytoken")]
    public string? IdentityToken { get; init; }
}
