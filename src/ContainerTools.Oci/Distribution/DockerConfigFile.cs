using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>What is read of Docker's <c>config.json</c>: the credentials that <c>docker login</c> left.</summary>
public sealed record DockerConfigFile
{
    /// <summary>Credentials by registry.</summary>
    [JsonPropertyName("auths")]
    public IReadOnlyDictionary<string, DockerConfigAuth>? Auths { get; init; }

    /// <summary>The program that keeps the credentials: <c>pass</c> for <c>docker-credential-pass</c>.</summary>
    [JsonPropertyName("credsStore")]
    public string? CredentialStore { get; init; }

    /// <summary>Such programs by registry.</summary>
    [JsonPropertyName("credHelpers")]
    public IReadOnlyDictionary<string, string>? CredentialHelpers { get; init; }
}
