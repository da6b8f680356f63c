using System.Net;
using System.Net.Http.Headers;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Registry;

public sealed partial class RegistryClient
{
    /// <summary>The digest of the manifest or index that a reference names; null when the registry has none of this name.</summary>
    /// <exception cref="ContainerToolsException">Any of the errors of registries.</exception>
    internal async Task<Digest?> FindManifestAsync(ImageReference reference, string what, CancellationToken ct)
    {
        string name = reference.Digest?.ToString() ?? reference.Tag!;
        var uri = new Uri(await transport.GetBaseAddressAsync(ct), $"v2/{reference.Repository}/manifests/{name}");
        using var response = await SendAsync(new RegistryRequest(HttpMethod.Head, uri, TokenScope.Push(reference.Repository)) { Accept = manifestTypes }, what, ct);
        await ThrowIfUnknownUserAsync(response, reference.Repository, what, ct);

        // A registry that has no HEAD, or does not tell the digest, may be pushed to all the same.
        return response.IsSuccessStatusCode ? DigestOf(response) : null;
    }

    /// <summary>Whether the registry has a blob in this repository.</summary>
    internal async Task<bool> HasBlobAsync(ImageReference reference, Digest digest, string what, CancellationToken ct)
    {
        var uri = new Uri(await transport.GetBaseAddressAsync(ct), $"v2/{reference.Repository}/blobs/{digest}");
        using var response = await SendAsync(new RegistryRequest(HttpMethod.Head, uri, TokenScope.Push(reference.Repository)), what, ct);
        await ThrowIfUnknownUserAsync(response, reference.Repository, what, ct);
        return response.IsSuccessStatusCode;
    }

    /// <summary>Starts an upload, or takes the blob from another repository of the registry.</summary>
    /// <param name="reference">Where the blob goes.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="from">The repository to take it from; null to upload.</param>
    /// <param name="what">What is being done, for error messages.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Where to send the data; null when the blob is there now.</returns>
    internal async Task<UploadPlace?> BeginUploadAsync(ImageReference reference, Digest digest, string? from, string what, CancellationToken ct)
    {
        string query = from is null ? "" : $"?mount={Uri.EscapeDataString(digest.ToString())}&from={Uri.EscapeDataString(from)}";
        string scope = TokenScope.Push(reference.Repository) + (from is null ? "" : $" {TokenScope.Pull(from)}");
        var uri = new Uri(await transport.GetBaseAddressAsync(ct), $"v2/{reference.Repository}/blobs/uploads/{query}");
        using var response = await SendAsync(new RegistryRequest(HttpMethod.Post, uri, scope) { Content = static () => new ByteArrayContent([]) }, what, ct);
        if (response.StatusCode == HttpStatusCode.Created)
        {
            return null;
        }

        if (!response.IsSuccessStatusCode)
        {
            throw await ExplainPushAsync(response, reference.Repository, what, ct);
        }

        return UploadPlace.From(response, 0, this, what) ?? throw new ContainerToolsException("RegistryResponseInvalid", ErrorKind.InvalidData,
            $"{what}: registry '{Registry}' did not say where to send the data.", reference);
    }

    /// <summary>Stores a manifest or index under the reference's tag or digest; what it names is there already.</summary>
    /// <exception cref="ContainerToolsException"><c>RegistryDigestMismatch</c>: the registry has kept something else; any of the errors of registries.</exception>
    internal async Task PutManifestAsync(ImageReference reference, byte[] bytes, string mediaType, Digest digest, string what, CancellationToken ct)
    {
        string name = reference.Digest?.ToString() ?? reference.Tag!;
        var uri = new Uri(await transport.GetBaseAddressAsync(ct), $"v2/{reference.Repository}/manifests/{name}");
        using var response = await SendAsync(new RegistryRequest(HttpMethod.Put, uri, TokenScope.Push(reference.Repository)) { Content = CreateBody }, what, ct);
        if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.UnsupportedMediaType)
        {
            throw new ContainerToolsException("RegistryManifestRefused", ErrorKind.NotSupported,
                $"{what}: registry '{Registry}' does not take its manifest ({mediaType}). {await RegistryFailure.DescribeAsync(response, ct)}".TrimEnd(), reference);
        }

        if (!response.IsSuccessStatusCode)
        {
            throw await ExplainPushAsync(response, reference.Repository, what, ct);
        }

        if (DigestOf(response) is { } told)
        {
            CheckDigest(told, digest, what, reference);
        }
        else
        {
            // Verified as it is read.
            await GetManifestAsync(reference.WithDigest(digest), ct);
        }

        HttpContent CreateBody() => new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } };
    }

    internal async Task<ContainerToolsException> ExplainPushAsync(HttpResponseMessage response, string repository, string what, CancellationToken ct) =>
        await RegistryFailure.ExplainPushAsync(response, Registry, repository, authorizer.UserName, authorizer.HasToken(TokenScope.Push(repository)), what, ct);

    // Some registries forbid to look at what is not there, and take it all the same; whether one may push, the upload tells. But a password that was
    // refused once is not tried again and again.
    private async Task ThrowIfUnknownUserAsync(HttpResponseMessage response, string repository, string what, CancellationToken ct)
    {
        if (response.StatusCode == HttpStatusCode.TooManyRequests || (response.StatusCode == HttpStatusCode.Unauthorized && !authorizer.HasToken(TokenScope.Push(repository))))
        {
            throw await ExplainPushAsync(response, repository, what, ct);
        }
    }

    /// <summary>Throws when a registry says that what it got has another digest.</summary>
    internal void CheckDigest(Digest told, Digest expected, string what, object? target)
    {
        // A registry may call the data by another algorithm, which says nothing.
        if (told != expected && told.Algorithm == expected.Algorithm)
        {
            throw new ContainerToolsException("RegistryDigestMismatch", ErrorKind.InvalidData,
                $"{what}: registry '{Registry}' says that it got {told}, but {expected} was sent. Its copy is not to be trusted.", target);
        }
    }

    internal static Digest? DigestOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Docker-Content-Digest", out var values) && Digest.TryParse(values.FirstOrDefault(), out var digest) ? digest : null;

    /// <summary>The address that a response's Location means.</summary>
    /// <exception cref="ContainerToolsException"><c>RegistryRedirectInsecure</c>: it would take the data over a connection that anybody can read.</exception>
    internal Uri Resolve(Uri requested, Uri location, string what)
    {
        var uri = new Uri(requested, location);

        // A registry behind a proxy that ends TLS often takes itself for one that speaks plain HTTP.
        if (requested.Scheme == Uri.UriSchemeHttps && uri.Scheme == Uri.UriSchemeHttp && uri.Host == requested.Host)
        {
            uri = new Uri(new Uri(requested.GetLeftPart(UriPartial.Authority)), uri.PathAndQuery);
        }

        return transport.IsAllowed(uri) ? uri : throw new ContainerToolsException("RegistryRedirectInsecure", ErrorKind.InvalidData,
            $"{what}: registry '{Registry}' wants the data sent to '{uri.GetLeftPart(UriPartial.Authority)}', which is not secure. Nothing was sent there.", Registry);
    }
}
