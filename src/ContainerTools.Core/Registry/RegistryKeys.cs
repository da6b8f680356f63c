using ContainerTools.Oci;

namespace ContainerTools.Core.Registry;

/// <summary>How registries are called in Docker's <c>config.json</c>.</summary>
internal static class RegistryKeys
{
    // What docker login writes for Docker Hub, whose API has another host.
    private const string DockerHubKey = "index.docker.io";
    private const string DockerHubServer = "https://index.docker.io/v1/";

    /// <summary>The key that a login to a registry is written under, which is also what credential helpers call it.</summary>
    internal static string Of(string registry) => registry == ImageReference.DefaultRegistry ? DockerHubServer : registry;

    /// <summary>The registry, or the part of it, that a key means. Keys are <c>host</c>, <c>host:port</c>, <c>host/namespace</c>, or what old versions wrote: <c>https://host/v1/</c>.</summary>
    internal static string Normalize(string key)
    {
        int scheme = key.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            key = key[(scheme + 3)..];
            int slash = key.IndexOf('/');
            key = slash < 0 ? key : key[..slash];
        }

        key = key.TrimEnd('/');
        return key == DockerHubKey || key.StartsWith(DockerHubKey + "/", StringComparison.Ordinal) || key == "registry-1.docker.io"
            ? ImageReference.DefaultRegistry
            : key;
    }

    /// <summary>Whether what a normalized key means includes an image's repository.</summary>
    internal static bool Covers(string key, ImageReference reference) =>
        reference.Registry == key || reference.Name == key || reference.Name.StartsWith(key + "/", StringComparison.Ordinal);
}
