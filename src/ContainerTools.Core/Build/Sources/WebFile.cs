using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ContainerTools.Core.Registry;

namespace ContainerTools.Core.Build.Sources;

/// <summary>Fetches files by URL.</summary>
internal static class WebFile
{
    private const int MaximumRedirects = 10;

    /// <summary>Whether a text is a URL.</summary>
    internal static bool IsUrl(string text) => text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a URL.</summary>
    /// <exception cref="BuildProblemException">BuildUrlInvalid.</exception>
    internal static Uri Parse(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Host.Length > 0 ? url
        : throw new BuildProblemException("BuildUrlInvalid", $"'{text}' is no URL that a file could be fetched from");

    /// <summary>A URL without the user's name and password.</summary>
    internal static string Show(Uri url) => url.UserInfo.Length == 0 ? url.ToString() : new UriBuilder(url) { UserName = "***", Password = "" }.Uri.ToString();

    /// <summary>Fetches a file.</summary>
    /// <param name="url">Where it is.</param>
    /// <param name="directory">Where it goes.</param>
    /// <param name="secrets">Credentials for servers, and whose certificates are trusted.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Its path; its time is the server's, or none.</returns>
    /// <exception cref="BuildProblemException">BuildDownloadFailed.</exception>
    internal static async Task<string> FetchAsync(Uri url, string directory, SourceSecrets secrets, CancellationToken ct)
    {
        string path = Path.Combine(directory, "file");
        var place = url;
        var authorization = Authorization(url, secrets);
        for (int redirects = 0; ; redirects++)
        {
            using var check = new CertificateCheck(place.Authority, secrets.Trust);
            using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, SslOptions = check.CreateOptions() }) { Timeout = TimeSpan.FromMinutes(30) };
            using var request = new HttpRequestMessage(HttpMethod.Get, place);
            if (authorization is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            }

            try
            {
                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
                if (Redirected(response, place) is { } next && redirects < MaximumRedirects)
                {
                    if (place.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps)
                    {
                        throw new BuildProblemException("BuildDownloadFailed", $"{Show(url)} leads from HTTPS to {Show(next)}, which others could change on its way");
                    }

                    // What is for one server is not for another.
                    authorization = next.GetLeftPart(UriPartial.Authority) == place.GetLeftPart(UriPartial.Authority) ? authorization : Authorization(next, secrets);
                    place = next;
                    continue;
                }

                if (!response.IsSuccessStatusCode)
                {
                    throw new BuildProblemException("BuildDownloadFailed", $"{Show(url)} answers {(int)response.StatusCode} {response.ReasonPhrase}{Hint(response.StatusCode, place)}");
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
                string reason = check.Problem is { } problem ? $"{problem}; name its authority with -CertificateAuthority" : e.Message;
                throw new BuildProblemException("BuildDownloadFailed", $"{Show(url)} could not be fetched: {reason}");
            }
        }
    }

    private static Uri? Redirected(HttpResponseMessage response, Uri place) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
        && response.Headers.Location is { } location && new Uri(place, location) is var next && IsUrl(next.AbsoluteUri) ? next : null;

    private static string? Authorization(Uri url, SourceSecrets secrets) => secrets.FindForFile(url) is { } secret ? (secret.IsToken ? "Bearer " : "") + secret.Value
        : url.UserInfo.Length == 0 ? null
        : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url.UserInfo)))).ToString();

    private static string Hint(HttpStatusCode status, Uri place) => status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
        ? $": a token for it is given as -Secret @{{ 'HTTP_AUTH_TOKEN_{place.Host}' = '...' }}" : "";
}
