using System.Text;
using ContainerTools.Core.Registry;

namespace ContainerTools.Core.Build.Sources;

/// <summary>
/// What a build was given for the servers it fetches from: secrets by the ids that BuildKit has for them, and whose certificates are trusted.
/// </summary>
/// <param name="options">The build's options.</param>
internal sealed class SourceSecrets(BuildOptions options)
{
    /// <summary>Whose certificates are trusted beside the system's.</summary>
    internal RegistryTrust Trust => options.Trust;

    /// <summary>For a git repository: <c>GIT_AUTH_HEADER.host</c>, <c>GIT_AUTH_TOKEN.host</c>, or without a host for all, but then over nothing that others can read.</summary>
    internal SourceSecret? FindForGit(Uri url)
    {
        bool isPrivate = url.Scheme == Uri.UriSchemeHttps || url.IsLoopback;
        return Find($"GIT_AUTH_HEADER.{url.Authority}", isToken: false) ?? Find($"GIT_AUTH_TOKEN.{url.Authority}", isToken: true)
            ?? (isPrivate ? Find("GIT_AUTH_HEADER", isToken: false) ?? Find("GIT_AUTH_TOKEN", isToken: true) : null);
    }

    /// <summary>For a file by URL: <c>HTTP_AUTH_HEADER_host</c> or <c>HTTP_AUTH_TOKEN_host</c>.</summary>
    internal SourceSecret? FindForFile(Uri url) => Find($"HTTP_AUTH_HEADER_{url.Host}", isToken: false) ?? Find($"HTTP_AUTH_TOKEN_{url.Host}", isToken: true);

    private SourceSecret? Find(string id, bool isToken)
    {
        if (!options.Secrets.TryGetValue(id, out byte[]? value))
        {
            return null;
        }

        string text = Encoding.UTF8.GetString(value).Trim();
        return text.Length > 0 && !text.Any(char.IsControl) ? new SourceSecret(text, isToken)
            : throw new BuildProblemException("BuildSecretInvalid", $"the secret '{id}' {(text.Length == 0 ? "is empty" : "has several lines")}, and so is no credential for a server");
    }
}
