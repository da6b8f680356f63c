using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Registry;

public sealed partial class RegistryClient
{
    // A registry without pages sends all at once.
    private const int MaxListSize = 64 << 20;

    // How long a page is, is left to the registry: some refuse to be asked for more than they like.

    /// <summary>A repository's tags, page after page, in the registry's order.</summary>
    /// <exception cref="ContainerToolsException"><c>RegistryImageNotFound</c>, <c>RegistryResponseInvalid</c>, and those of the network.</exception>
    public async IAsyncEnumerable<string> ListTagsAsync(ImageReference reference, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(reference);
        string what = $"The tags of '{reference.FamiliarName}' could not be listed";
        await foreach (var page in GetPagesAsync(PathOfTags(reference), TokenScope.Pull(reference.Repository), OciJson.Default.TagList, what, ct))
        {
            foreach (string tag in page.Tags)
            {
                yield return tag;
            }
        }
    }

    /// <summary>The registry's repositories, page after page. Many public registries do not list them.</summary>
    /// <exception cref="ContainerToolsException"><c>RegistryCatalogNotSupported</c>, <c>RegistryResponseInvalid</c>, and those of the network.</exception>
    public async IAsyncEnumerable<string> ListRepositoriesAsync([EnumeratorCancellation] CancellationToken ct)
    {
        string what = $"The repositories of '{Registry}' could not be listed";
        await foreach (var page in GetPagesAsync("v2/_catalog", "registry:catalog:*", OciJson.Default.RepositoryList, what, ct))
        {
            foreach (string repository in page.Repositories)
            {
                yield return repository;
            }
        }
    }

    private static string PathOfTags(ImageReference reference) => $"v2/{reference.Repository}/tags/list";

    private async IAsyncEnumerable<T> GetPagesAsync<T>(string path, string scope, JsonTypeInfo<T> type, string what, [EnumeratorCancellation] CancellationToken ct)
        where T : class
    {
        var seen = new HashSet<string>();
        for (string? next = path; next is not null;)
        {
            if (!seen.Add(next))
            {
                throw new ContainerToolsException("RegistryResponseInvalid", ErrorKind.InvalidData, $"{what}: registry '{Registry}' sends the same page again and again.", Registry);
            }

            (var page, next) = await GetPageAsync(next, scope, type, what, ct);
            yield return page;
        }
    }

    private async Task<(T Page, string? Next)> GetPageAsync<T>(string path, string scope, JsonTypeInfo<T> type, string what, CancellationToken ct)
        where T : class
    {
        var uri = new Uri(await transport.GetBaseAddressAsync(ct), path);
        using var response = await SendAsync(new RegistryRequest(HttpMethod.Get, uri, scope) { Accept = ["application/json"] }, what, ct);
        if (scope.StartsWith("registry:", StringComparison.Ordinal) && response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            && !(response.StatusCode == HttpStatusCode.Unauthorized && !authorizer.HasToken(scope)))
        {
            throw new ContainerToolsException("RegistryCatalogNotSupported", ErrorKind.NotSupported,
                $"{what}: it does not list them, or not to everybody. Name a repository to see its tags. {await RegistryFailure.DescribeAsync(response, ct)}".TrimEnd(), Registry);
        }

        if (!response.IsSuccessStatusCode)
        {
            throw await RegistryFailure.ExplainAsync(response, Registry, RepositoryOf(path), what, ct);
        }

        try
        {
            byte[] body = await BoundedBody.ReadAsync(response, MaxListSize, ct);
            return (JsonSerializer.Deserialize(body, type) ?? throw new JsonException("It is null."), NextPage(response, uri, what));
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new ContainerToolsException("RegistryResponseInvalid", ErrorKind.InvalidData, $"{what}: registry '{Registry}' sent something else: {e.Message}", Registry, e);
        }
        catch (Exception e) when (RegistryTransport.IsTransient(e))
        {
            throw Unavailable(what, e);
        }
    }

    private static string RepositoryOf(string path) => path.Contains("/tags/", StringComparison.Ordinal) ? path["v2/".Length..path.IndexOf("/tags/", StringComparison.Ordinal)] : "";

    // Link: </v2/x/tags/list?n=100&last=b>; rel="next" (RFC 8288; distribution-spec, "Listing Tags").
    private string? NextPage(HttpResponseMessage response, Uri uri, string what)
    {
        if (!response.Headers.TryGetValues("Link", out var links) || links.FirstOrDefault(static l => l.Contains("rel=\"next\"", StringComparison.OrdinalIgnoreCase)) is not { } link)
        {
            return null;
        }

        int start = link.IndexOf('<', StringComparison.Ordinal), end = link.IndexOf('>', StringComparison.Ordinal);
        if (start < 0 || end < start || !Uri.TryCreate(link[(start + 1)..end], UriKind.RelativeOrAbsolute, out var next))
        {
            return null;
        }

        // The list goes on where it is, whatever host a registry behind a proxy takes itself for.
        return Resolve(uri, next, what).PathAndQuery.TrimStart('/');
    }
}
