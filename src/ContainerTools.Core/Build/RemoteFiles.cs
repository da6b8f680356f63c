using System.Security.Cryptography;
using ContainerTools.Core.Build.Language;

namespace ContainerTools.Core.Build;

/// <summary>Fetches what ADD names by URL.</summary>
internal static class RemoteFiles
{
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromMinutes(30) };

    /// <summary>Fetches all sources that are URLs.</summary>
    /// <returns>By the source's text: the file, and the name that it gets.</returns>
    /// <exception cref="BuildProblemException">One could not be fetched, or is not what the checksum says.</exception>
    internal static async Task<Dictionary<string, (string Path, string Name)>> FetchAsync(BuildSession session, AddInstruction add, CancellationToken ct)
    {
        var result = new Dictionary<string, (string, string)>();
        foreach (string source in add.Sources)
        {
            if (source.StartsWith("git@", StringComparison.Ordinal) || source.StartsWith("git://", StringComparison.Ordinal) || source.StartsWith("ssh://", StringComparison.Ordinal)
                || (IsUrl(source) && source.Split('#')[0].EndsWith(".git", StringComparison.Ordinal)))
            {
                throw new BuildProblemException("BuildGitNotSupported", $"'{source}' is a git repository, which ADD cannot fetch here: clone it into the context, or in a RUN");
            }

            if (IsUrl(source))
            {
                result[source] = await FetchAsync(session, new Uri(source), add.Checksum, ct);
            }
        }

        return add.Checksum is not null && result.Count == 0
            ? throw new BuildProblemException("BuildChecksumWithoutUrl", "--checksum is for what is fetched by URL, and there is none")
            : result;
    }

    private static bool IsUrl(string source) => source.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || source.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    private static async Task<(string Path, string Name)> FetchAsync(BuildSession session, Uri url, string? checksum, CancellationToken ct)
    {
        string name = Path.GetFileName(Uri.UnescapeDataString(url.AbsolutePath));
        if (name is "" or "." or "..")
        {
            name = "download";
        }

        string path = Path.Combine(session.MakeDirectory(), "file");
        try
        {
            using var response = await Client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, ct);
            if (!response.IsSuccessStatusCode)
            {
                throw new BuildProblemException("BuildDownloadFailed", $"{url} answers {(int)response.StatusCode} {response.ReasonPhrase}");
            }

            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
            using (var file = new FileStream(path, options))
            {
                await response.Content.CopyToAsync(file, ct);
            }

            File.SetLastWriteTimeUtc(path, response.Content.Headers.LastModified?.UtcDateTime ?? DateTime.UnixEpoch);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new BuildProblemException("BuildDownloadFailed", $"{url} could not be fetched: {e.Message}");
        }

        if (checksum is not null)
        {
            using var file = File.OpenRead(path);
            string actual = "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct));
            if (actual != checksum)
            {
                throw new BuildProblemException("BuildChecksumMismatch", $"{url} is {actual}, not {checksum} as --checksum says");
            }
        }

        return (path, name);
    }
}
