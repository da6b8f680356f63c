using System.Text;
using System.Text.Json;
using ContainerTools.Engine;
using ContainerTools.Linux.Files;
using ContainerTools.Oci;

namespace ContainerTools.Core.Registry;

/// <summary>Finds the credentials that Connect-ImageRegistry, <c>docker login</c> or <c>podman login</c> left.</summary>
public static class DockerCredentials
{
    /// <summary>
    /// The credential for an image, or null. The most specific entry wins: <c>host/namespace</c> before <c>host</c>. Where a credential helper is named for
    /// the registry, it is asked first.
    /// </summary>
    /// <exception cref="ContainerToolsException">
    /// <c>CredentialFileInvalid</c>: a file is there but cannot be read as one; <c>CredentialHelperFailed</c>: a helper is named but does not work.
    /// </exception>
    public static async Task<RegistryCredential?> FindAsync(ImageReference reference, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(reference);
        foreach (string path in CandidateFiles())
        {
            if (File.Exists(path) && await FindInAsync(path, reference, ct) is { } credential)
            {
                return credential;
            }
        }

        return null;
    }

    /// <summary>The file that <c>docker login</c> writes: <c>config.json</c> in <c>$DOCKER_CONFIG</c> or <c>~/.docker</c>.</summary>
    public static string DockerConfigPath
    {
        get
        {
            string home = Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } h ? h : "/root";
            return Path.Combine(Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } d ? d : Path.Combine(home, ".docker"), "config.json");
        }
    }

    internal static async Task<RegistryCredential?> FindInAsync(string path, ImageReference reference, CancellationToken ct)
    {
        var file = Read(path);
        if (HelperFor(file, reference.Registry) is { } helper && await helper.GetAsync(RegistryKeys.Of(reference.Registry), path, ct) is { } kept)
        {
            return kept;
        }

        RegistryCredential? best = null;
        int bestLength = -1;
        foreach (var (key, auth) in file.Auths ?? new Dictionary<string, DockerConfigAuth>())
        {
            string name = RegistryKeys.Normalize(key);
            if (name.Length > bestLength && RegistryKeys.Covers(name, reference) && Decode(auth) is { } credential)
            {
                (best, bestLength) = (credential, name.Length);
            }
        }

        return best;
    }

    internal static DockerConfigFile Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), OciJson.Default.DockerConfigFile) ?? new DockerConfigFile();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new DockerConfigFile();
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Invalid(path, e);
        }
    }

    internal static ContainerToolsException Invalid(string path, Exception e) => new("CredentialFileInvalid", ErrorKind.InvalidData,
        $"The registry credentials in '{path}' cannot be read: {e.Message} Repair or remove the file, or give a credential.", path, e);

    /// <summary>The helper that a file names for a registry; null for none.</summary>
    internal static CredentialHelper? HelperFor(DockerConfigFile file, string registry)
    {
        string? name = file.CredentialHelpers?.FirstOrDefault(h => RegistryKeys.Normalize(h.Key) == registry).Value;
        name = string.IsNullOrEmpty(name) ? file.CredentialStore : name;
        return string.IsNullOrEmpty(name) ? null : new CredentialHelper(name);
    }

    private static IEnumerable<string> CandidateFiles()
    {
        if (Environment.GetEnvironmentVariable("REGISTRY_AUTH_FILE") is { Length: > 0 } named)
        {
            yield return named;
        }

        yield return DockerConfigPath;

        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        yield return Path.Combine(string.IsNullOrEmpty(runtime) ? $"/run/containers/{FileCalls.EffectiveUserId}" : Path.Combine(runtime, "containers"), "auth.json");
    }

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
