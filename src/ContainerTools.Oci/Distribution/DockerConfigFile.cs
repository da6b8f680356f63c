using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>What is read of Docker's <c>config.json</c>: the credentials that <c>docker login</c> left.</summary>
public sealed record DockerConfigFile
{
    /// <summary>Credentials by registry.</summary>
    [JsonPropertyName("auths")]
    public IReadOnlyDictionary<string, DockerConfigAuth>? Auths { get; init; }
}
