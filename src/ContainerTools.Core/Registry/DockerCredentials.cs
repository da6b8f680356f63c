using System.Text;
using System.Text.Json;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Registry;

/// <summary>Finds the credentials that <c>docker login</c> or <c>podman login</c> left.</summary>
public static class DockerCredentials
{
    // What docker login writes for Docker Hub, whose API has another host.
    private const string DockerHubKey = "index.docker.io";

    /// <summary>The credential for an image, or null. The most specific entry wins: <c>host/namespace</c> before <c>host</c>.</summary>
    /// <exception cref="ContainerToolsException"><c>CredentialFileInvalid</c>: a file is there but cannot be read as one.</exception>
    public static RegistryCredential? Find(ImageReference reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        foreach (string path in CandidateFiles())
        {
            if (File.Exists(path) && FindIn(path, reference) is { } credential)
            {
                return credential;
            }
        }

        return null;
    }

    internal static RegistryCredential? FindIn(string path, ImageReference reference)
    {
        DockerConfigFile? file;
        try
        {
            file = JsonSerializer.Deserialize(File.ReadAllBytes(path), OciJson.Default.DockerConfigFile);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new ContainerToolsException("CredentialFileInvalid", ErrorKind.InvalidData,
                $"The registry credentials in '{path}' cannot be read: {e.Message} Repair or remove the file, or give a credential.", path, e);
        }

        RegistryCredential? best = null;
        int bestLength = -1;
        foreach (var (key, auth) in file?.Auths ?? new Dictionary<string, DockerConfigAuth>())
        {
            string name = Normalize(key);
            if (name.Length > bestLength && Covers(name, reference) && Decode(auth) is { } credential)
            {
                (best, bestLength) = (credential, name.Length);
            }
        }

        return best;
    }

    private static IEnumerable<string> CandidateFiles()
    {
        if (Environment.GetEnvironmentVariable("REGISTRY_AUTH_FILE") is { Length: > 0 } named)
        {
            yield return named;
        }

        string home = Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } h ? h : "/root";
        yield return Path.Combine(Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } d ? d : Path.Combine(home, ".docker"), "config.json");

        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        yield return Path.Combine(string.IsNullOrEmpty(runtime) ? $"/run/containers/{Environment.GetEnvironmentVariable("UID") ?? "0"}" : Path.Combine(runtime, "containers"), "auth.json");
    }

    // Keys are "host", "host:port", "host/namespace", or what old versions wrote: "https://host/v1/".
    private static string Normalize(string key)
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

    private static bool Covers(string key, ImageReference reference) =>
        reference.Registry == key || reference.Name == key || reference.Name.StartsWith(key + "/", StringComparison.Ordinal);

    private static RegistryCredential? Decode(DockerConfigAuth? auth)
    {
        if (auth is null)
        {
            return null;
        }

        string user = auth.UserName ?? "";
        string password = auth.Password ?? "";
        if (!string.IsNullOrEmpty(auth.Auth))
        {
            try
            {
                string text = Encoding.UTF8.GetString(Convert.FromBase64String(auth.Auth));
                int colon = text.IndexOf(':');
                if (colon >= 0)
                {
                    (user, password) = (text[..colon], text[(colon + 1)..].TrimEnd('\0'));
                }
            }
            catch (FormatException)
            {
                return null;
            }
        }

        return user.Length == 0 && auth.IdentityToken is null ? null : new RegistryCredential(user, password, auth.IdentityToken);
    }
}
