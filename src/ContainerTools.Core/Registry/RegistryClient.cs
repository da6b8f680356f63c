using System.Net;
using System.Net.Http.Headers;
using ContainerTools.Core.Content;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Registry;

/// <summary>
/// Speaks with one registry by the OCI distribution specification. What it returns is verified: a manifest has the digest asked for. Safe for use by
/// several threads.
/// </summary>
public sealed partial class RegistryClient : IDisposable
{
    /// <summary>The largest manifest or index that is accepted, in bytes (distribution-spec: "at least 4 megabytes").</summary>
    public const int MaxManifestSize = 4 << 20;

    private static readonly string[] manifestTypes =
    [
        MediaTypes.OciIndex, MediaTypes.OciManifest, MediaTypes.DockerIndex, MediaTypes.DockerManifest, MediaTypes.DockerSchema1Signed, MediaTypes.DockerSchema1,
    ];

    private readonly RegistryTransport transport;
    private readonly RegistryAuthorizer authorizer;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    /// <param name="registry">The host, with its port: <c>localhost:5000</c>; <c>docker.io</c> is Docker Hub.</param>
    /// <param name="credential">The user's credential, or null to ask anonymously.</param>
    /// <param name="trust">Which servers are taken for the registry.</param>
    /// <param name="options">How patient to be.</param>
    /// <exception cref="ContainerToolsException"><c>CertificateFileInvalid</c>.</exception>
    public RegistryClient(string registry, RegistryCredential? credential = null, RegistryTrust? trust = null, RegistryOptions? options = null)
    {
        Options = options ?? new RegistryOptions();
        transport = new RegistryTransport(registry, trust ?? new RegistryTrust(), Options);
        authorizer = new RegistryAuthorizer(transport, credential);
    }

    internal RegistryOptions Options { get; }

    internal string Registry => transport.Registry;

    /// <inheritdoc />
    public void Dispose()
    {
        authorizer.Dispose();
        transport.Dispose();
    }

    /// <summary>Fetches the manifest or index that a reference names, by its digest when it has one.</summary>
    /// <exception cref="ContainerToolsException">
    /// <c>RegistryImageNotFound</c>, <c>RegistryAuthenticationFailed</c>, <c>ManifestTooLarge</c>, <c>ManifestDigestMismatch</c>,
    /// <c>ManifestInvalid</c>, <c>ManifestSchema1NotSupported</c>, <c>ManifestTypeNotSupported</c>, and those of the network.
    /// </exception>
    public async Task<RegistryManifest> GetManifestAsync(ImageReference reference, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(reference);
        string what = $"'{reference.Familiar}' could not be fetched";
        string name = reference.Digest?.ToString() ?? reference.Tag!;
        using var response = await GetAsync(reference.Repository, $"manifests/{name}", manifestTypes, null, what, ct);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            throw await NotFoundAsync(reference, response, ct);
        }

        await ThrowUnlessSuccessAsync(response, reference.Repository, what, ct);
        byte[] bytes = await ReadManifestAsync(response, what, ct);
        var digest = Hashing.Sha256(bytes);
        if (reference.Digest is { } wanted && wanted != (wanted.Algorithm == "sha512" ? Hashing.Sha512(bytes) : digest))
        {
            throw new ContainerToolsException("ManifestDigestMismatch", ErrorKind.InvalidData,
                $"{what}: registry '{Registry}' sent a manifest with digest {digest} instead of {wanted}. Nothing was kept.", reference);
        }

        string type = ManifestReader.DetermineType(bytes, response.Content.Headers.ContentType?.MediaType, what, reference);
        return new RegistryManifest(bytes, type, reference.Digest ?? digest);
    }

    /// <summary>
    /// Opens a blob for reading. A connection that breaks is opened again where it broke. The stream ends after exactly the descriptor's size or
    /// throws; the digest is for the reader to check, who sees the bytes anyway.
    /// </summary>
    /// <param name="reference">An image of the repository.</param>
    /// <param name="descriptor">The blob.</param>
    /// <param name="ct">Cancels reading too.</param>
    /// <param name="offset">Where to begin, in bytes.</param>
    public Stream OpenBlob(ImageReference reference, Descriptor descriptor, CancellationToken ct, long offset = 0)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(descriptor);
        return new RegistryBlobStream(this, reference, descriptor, ct, offset);
    }

    /// <summary>Reads a small blob whole, and verifies it.</summary>
    /// <exception cref="ContainerToolsException"><c>ImageConfigDigestMismatch</c>, <c>ManifestInvalid</c>: it has more bytes than the limit; any of the errors of registries.</exception>
    internal async Task<byte[]> ReadBlobAsync(ImageReference reference, Descriptor descriptor, int limit, string what, CancellationToken ct)
    {
        if (descriptor.Size is < 0 || descriptor.Size > limit)
        {
            throw new ContainerToolsException("ManifestInvalid", ErrorKind.InvalidData, $"{what}: its configuration is said to have {descriptor.Size} bytes.", reference);
        }

        await using var stream = OpenBlob(reference, descriptor, ct);
        byte[] bytes = new byte[descriptor.Size];
        await stream.ReadExactlyAsync(bytes, ct);
        return await stream.ReadAsync(new byte[1], ct) == 0 && Hashing.Matches(bytes, descriptor.Digest) ? bytes
            : throw new ContainerToolsException("ImageConfigDigestMismatch", ErrorKind.InvalidData,
                $"{what}: its configuration does not have the digest {descriptor.Digest} that its manifest says. Nothing was kept.", reference);
    }

    /// <summary>Requests a blob from <paramref name="offset"/> on; the response's status is success or 416.</summary>
    internal async Task<HttpResponseMessage> RequestBlobAsync(ImageReference reference, Descriptor descriptor, long offset, CancellationToken ct)
    {
        string what = $"Layer {descriptor.Digest.ShortHex} of '{reference.Familiar}' could not be fetched";
        var range = offset > 0 ? new RangeHeaderValue(offset, null) : null;
        var response = await GetAsync(reference.Repository, $"blobs/{descriptor.Digest}", [], range, what, ct);
        if (response.IsSuccessStatusCode || (offset > 0 && response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable))
        {
            return response;
        }

        using (response)
        {
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                throw new ContainerToolsException("RegistryBlobNotFound", ErrorKind.NotFound,
                    $"{what}: registry '{Registry}' does not have the blob {descriptor.Digest} that the image's manifest names.", reference);
            }

            await ThrowUnlessSuccessAsync(response, reference.Repository, what, ct);
            throw new InvalidOperationException("Not reached: a status that is neither success nor failure.");
        }
    }

    internal ContainerToolsException Unavailable(string what, Exception e) => transport.Unavailable(what, e);

    internal TimeSpan DelayBefore(int attempt, RetryConditionHeaderValue? asked = null) => transport.DelayBefore(attempt, asked);

    /// <summary>Sends a request, and answers the registry's challenges to it. The response may have any status.</summary>
    internal async Task<HttpResponseMessage> SendAsync(RegistryRequest request, string what, CancellationToken ct)
    {
        // Where an upload goes may be another server, with its own ways to know who may.
        bool own = RegistryTransport.IsSameServer(request.Uri, await transport.GetBaseAddressAsync(ct));
        for (int answers = 0; ; answers++)
        {
            var authorization = own ? await authorizer.GetAsync(request.Scope, ct) : null;
            var response = await transport.SendAsync(() => request.Create(authorization), what, ct, request.Repeat);
            if (response.StatusCode != HttpStatusCode.Unauthorized || !own || response.RequestMessage?.RequestUri?.Authority != request.Uri.Authority || answers >= 2)
            {
                return response;
            }

            // A cached token may have been revoked, so that one answer may be in vain.
            if (!await authorizer.AnswerAsync(response, request.Scope, ct))
            {
                return response;
            }

            response.Dispose();
        }
    }

    private async Task<HttpResponseMessage> GetAsync(string repository, string path, string[] accept, RangeHeaderValue? range, string what, CancellationToken ct)
    {
        var uri = new Uri(await transport.GetBaseAddressAsync(ct), $"v2/{repository}/{path}");
        return await SendAsync(new RegistryRequest(HttpMethod.Get, uri, TokenScope.Pull(repository)) { Accept = accept, Range = range }, what, ct);
    }

    private static async Task<byte[]> ReadManifestAsync(HttpResponseMessage response, string what, CancellationToken ct)
    {
        try
        {
            return await BoundedBody.ReadAsync(response, MaxManifestSize, ct);
        }
        catch (InvalidDataException e)
        {
            throw new ContainerToolsException("ManifestTooLarge", ErrorKind.InvalidData, $"{what}: its manifest is too large. {e.Message}", null, e);
        }
        catch (Exception e) when (RegistryTransport.IsTransient(e))
        {
            throw new ContainerToolsException("RegistryUnavailable", ErrorKind.Unavailable, $"{what}: the connection broke while the manifest was read: {e.Message}", null, e);
        }
    }

    private async Task<ContainerToolsException> NotFoundAsync(ImageReference reference, HttpResponseMessage response, CancellationToken ct)
    {
        string hint = "";
        try
        {
            var tags = (await GetPageAsync(PathOfTags(reference), TokenScope.Pull(reference.Repository), OciJson.Default.TagList, "", ct)).Page.Tags;
            hint = tags.Count == 0 ? " The repository has no tags." : $" The repository has: {string.Join(", ", NearNames.Order(reference.Tag ?? "", tags).Take(8))}.";
        }
        catch (ContainerToolsException)
        {
            hint = $" {await RegistryFailure.DescribeAsync(response, ct)}".TrimEnd();
        }

        return new ContainerToolsException("RegistryImageNotFound", ErrorKind.NotFound,
            $"'{reference.Familiar}' was not found in registry '{Registry}'.{hint}", reference);
    }

    private async Task ThrowUnlessSuccessAsync(HttpResponseMessage response, string repository, string what, CancellationToken ct)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw await RegistryFailure.ExplainAsync(response, Registry, repository, what, ct);
        }
    }
}
