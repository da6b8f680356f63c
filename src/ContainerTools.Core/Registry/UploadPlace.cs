using System.Globalization;

namespace ContainerTools.Core.Registry;

/// <summary>Where an upload goes on (distribution-spec, "Pushing Blobs").</summary>
/// <param name="Uri">The address for what comes next, which is another after each request.</param>
/// <param name="Offset">How many bytes the registry has.</param>
/// <param name="MinimumChunk">The smallest part that the registry takes, if it says one.</param>
internal sealed record UploadPlace(Uri Uri, long Offset, long MinimumChunk)
{
    /// <summary>Reads it of a response; null when that does not say where the upload is.</summary>
    /// <param name="response">The response.</param>
    /// <param name="offset">How many bytes the registry has, if it does not say.</param>
    /// <param name="client">The registry.</param>
    /// <param name="what">What is being done, for error messages.</param>
    internal static UploadPlace? From(HttpResponseMessage response, long offset, RegistryClient client, string what) =>
        response.Headers.Location is { } location
            ? new UploadPlace(client.Resolve(response.RequestMessage!.RequestUri!, location, what), Range(response) ?? offset, Minimum(response))
            : null;

    /// <summary>The address that ends the upload.</summary>
    internal Uri ForDigest(Oci.Digest digest)
    {
        string query = Uri.Query.TrimStart('?');
        return new UriBuilder(Uri) { Query = $"{query}{(query.Length == 0 ? "" : "&")}digest={Uri.EscapeDataString(digest.ToString())}" }.Uri;
    }

    // "0-99": a hundred bytes. "0-0" may be one byte or, by some registries, none; it is taken for none, since a byte is soon sent again.
    private static long? Range(HttpResponseMessage response) =>
        Header(response, "Range") is { } range && range.IndexOf('-', StringComparison.Ordinal) is >= 0 and var dash
        && long.TryParse(range.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long last) ? (last == 0 ? 0 : last + 1) : null;

    private static long Minimum(HttpResponseMessage response) =>
        long.TryParse(Header(response, "OCI-Chunk-Min-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out long minimum) ? minimum : 0;

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? values.FirstOrDefault() : null;
}
