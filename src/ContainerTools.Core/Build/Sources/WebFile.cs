namespace ContainerTools.Core.Build.Sources;

/// <summary>Fetches files by URL.</summary>
internal static class WebFile
{
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromMinutes(30) };

    /// <summary>Whether a text is a URL.</summary>
    internal static bool IsUrl(string text) => text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Fetches a file.</summary>
    /// <returns>Its path; its time is the server's, or none.</returns>
    /// <exception cref="BuildProblemException">BuildDownloadFailed.</exception>
    internal static async Task<string> FetchAsync(Uri url, string directory, CancellationToken ct)
    {
        string path = Path.Combine(directory, "file");
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
            return path;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new BuildProblemException("BuildDownloadFailed", $"{url} could not be fetched: {e.Message}");
        }
    }
}
