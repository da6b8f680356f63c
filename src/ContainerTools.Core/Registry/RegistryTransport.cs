using System.Net;
using System.Net.Http.Headers;
using ContainerTools.Engine;

namespace ContainerTools.Core.Registry;

/// <summary>
/// Sends single HTTP requests: finds out whether the registry speaks TLS, follows redirects without taking credentials to another host,
/// repeats what may pass, and gives up on silence.
/// </summary>
internal sealed class RegistryTransport : IDisposable
{
    private const int MaxRedirects = 8;

    private readonly HttpClient client;
    private readonly RegistryOptions options;
    private readonly RegistryTrust trust;
    private readonly CertificateCheck certificates;
    private readonly SemaphoreSlim probing = new(1, 1);
    private Uri? baseAddress;

    internal RegistryTransport(string registry, RegistryTrust trust, RegistryOptions options)
    {
        Registry = registry;
        this.trust = trust;
        this.options = options;
        certificates = new CertificateCheck(registry, trust);
        client = new HttpClient(CreateHandler(registry, certificates, options), disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("ContainerTools", "0.1"));
    }

    internal string Registry { get; }

    public void Dispose()
    {
        client.Dispose();
        certificates.Dispose();
        probing.Dispose();
    }

    /// <summary>Whether a URL that the registry names may be used: TLS, unless plain HTTP is allowed there.</summary>
    internal bool IsAllowed(Uri uri) =>
        uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && (trust.AllowInsecure || RegistryEndpoint.IsLoopback(uri)));

    /// <summary>The registry's address; the first call tries which scheme it speaks.</summary>
    internal async Task<Uri> GetBaseAddressAsync(CancellationToken ct)
    {
        if (baseAddress is { } known)
        {
            return known;
        }

        await probing.WaitAsync(ct);
        try
        {
            return baseAddress ??= await ProbeAsync(ct);
        }
        finally
        {
            probing.Release();
        }
    }

    /// <summary>
    /// Sends a request and returns the response once its headers are there, whatever its status; broken connections, 429 and 5xx are repeated.
    /// </summary>
    /// <param name="createRequest">Makes the request anew for each repetition and redirection.</param>
    /// <param name="what">What is asked for, for error messages.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="repeat">False leaves it to the caller to repeat: broken connections throw, and 429 and 5xx are returned.</param>
    internal async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> createRequest, string what, CancellationToken ct, bool repeat = true)
    {
        if (!repeat)
        {
            return await SendOnceAsync(createRequest, what, ct);
        }

        for (int attempt = 0; ; attempt++)
        {
            HttpResponseMessage response;
            try
            {
                response = await SendOnceAsync(createRequest, what, ct);
            }
            catch (Exception e) when (IsTransient(e) && !ct.IsCancellationRequested)
            {
                if (attempt >= options.RetryCount || !MayPass(e))
                {
                    throw Unavailable(what, e);
                }

                await Task.Delay(DelayBefore(attempt, null), ct);
                continue;
            }

            if (!IsTransient(response.StatusCode) || attempt >= options.RetryCount)
            {
                return response;
            }

            var delay = DelayBefore(attempt, response.Headers.RetryAfter);
            response.Dispose();
            await Task.Delay(delay, ct);
        }
    }

    internal TimeSpan DelayBefore(int attempt, RetryConditionHeaderValue? asked)
    {
        var delay = options.RetryDelay * Math.Pow(2, attempt) * (0.75 + (Random.Shared.NextDouble() / 2));
        var wanted = asked?.Delta ?? (asked?.Date is { } date ? date - DateTimeOffset.UtcNow : TimeSpan.Zero);
        delay = wanted > delay ? wanted : delay;
        return delay < options.MaxRetryDelay ? delay : options.MaxRetryDelay;
    }

    /// <summary>An error of the network, rather than of the program.</summary>
    internal static bool IsTransient(Exception e) => e is HttpRequestException or IOException or TimeoutException or System.Net.Sockets.SocketException;

    internal ContainerToolsException Unavailable(string what, Exception e)
    {
        string reason = e.InnerException is { } inner && !e.Message.Contains(inner.Message, StringComparison.Ordinal) ? $"{e.Message} {inner.Message}" : e.Message;
        if (e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
        {
            return certificates.Problem is { } problem
                ? new ContainerToolsException("RegistryCertificateNotTrusted", ErrorKind.PermissionDenied,
                    $"{what}: registry '{Registry}' cannot be trusted: {problem}. Give its authority by -CertificateAuthority or put it into '/etc/docker/certs.d/{Registry}/ca.crt';"
                    + " -SkipCertificateCheck does without.", Registry, e)
                : new ContainerToolsException("RegistryTlsFailed", ErrorKind.Unavailable,
                    $"{what}: no secure connection to registry '{Registry}': {reason.TrimEnd('.')}. If it speaks plain HTTP only, allow an insecure connection.", Registry, e);
        }

        reason = reason.EndsWith('.') ? reason : reason + ".";
        return e is TimeoutException ? new ContainerToolsException("RegistryTimeout", ErrorKind.Timeout, $"{what}: registry '{Registry}' did not answer in time: {reason}", Registry, e)
            : new ContainerToolsException("RegistryUnavailable", ErrorKind.Unavailable, MayPass(e)
                ? $"{what}: the connection to registry '{Registry}' breaks off: {reason} Try again later; a proxy or the server may say why in its log."
                : $"{what}: registry '{Registry}' cannot be reached: {reason} Check its name, its port and the network.", Registry, e);
    }

    // A wrong name or certificate stays wrong.
    private static bool MayPass(Exception e) =>
        e is not HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ConnectionError };

    /// <summary>A status that a repetition may change.</summary>
    internal static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    private async Task<HttpResponseMessage> SendOnceAsync(Func<HttpRequestMessage> createRequest, string what, CancellationToken ct)
    {
        var request = createRequest();
        var origin = request.RequestUri!;
        for (int redirects = 0; ; redirects++)
        {
            var response = await SendWithTimeoutAsync(request, ct);
            if (!IsFollowed(response.StatusCode, request.Method) || response.Headers.Location is not { } location)
            {
                return response;
            }

            var target = new Uri(request.RequestUri!, location);
            response.Dispose();
            if (redirects >= MaxRedirects)
            {
                throw new ContainerToolsException("RegistryRedirectLoop", ErrorKind.InvalidData, $"{what}: registry '{Registry}' redirected {MaxRedirects} times without an end.", Registry);
            }

            if (!IsAllowed(target))
            {
                throw new ContainerToolsException("RegistryRedirectInsecure", ErrorKind.InvalidData,
                    $"{what}: registry '{Registry}' redirected to '{target.GetLeftPart(UriPartial.Authority)}', which is not secure. It was not followed.", Registry);
            }

            // A body can be read once only, so that the request is made anew. The credentials are for the registry; storage that it redirects to has
            // its own, in the URL.
            request = createRequest();
            request.RequestUri = target;
            if (!IsSameServer(origin, target))
            {
                request.Headers.Authorization = null;
            }
        }
    }

    internal static bool IsSameServer(Uri a, Uri b) =>
        Uri.Compare(a, b, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    // What the older statuses ask for is another request than the one with the body (RFC 9110, section 15.4).
    private static bool IsFollowed(HttpStatusCode status, HttpMethod method) =>
        (int)status is 307 or 308 || ((int)status is 301 or 302 or 303 && (method == HttpMethod.Get || method == HttpMethod.Head));

    private async Task<HttpResponseMessage> SendWithTimeoutAsync(HttpRequestMessage request, CancellationToken ct)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(options.IdleTimeout);
        var upload = request.Content as BlobContent;
        try
        {
            if (upload is not null)
            {
                // While data goes out, the server lives; and when all is there, it may have to move it to where it is kept.
                upload.Sent = whole => timeout.CancelAfter(whole ? options.CommitTimeout : options.IdleTimeout);
            }

            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException($"Nothing was heard for {options.IdleTimeout.TotalSeconds:0.#} seconds.", e);
        }
        finally
        {
            upload?.Sent = null;
        }
    }

    private async Task<Uri> ProbeAsync(CancellationToken ct)
    {
        var candidates = RegistryEndpoint.Candidates(Registry, trust.AllowInsecure, certificates.HasAuthorities);
        if (candidates.Count == 1)
        {
            return candidates[0];
        }

        Exception? first = null;
        foreach (var candidate in candidates)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(candidate, "v2/"));
                using var response = await SendWithTimeoutAsync(request, ct);

                // What a TLS server answers to plain HTTP.
                if (candidate.Scheme == Uri.UriSchemeHttps || response.StatusCode != HttpStatusCode.BadRequest)
                {
                    return candidate;
                }
            }
            catch (Exception e) when (IsTransient(e) && !ct.IsCancellationRequested)
            {
                // A certificate that is not trusted says more than how plain HTTP broke off.
                first = first is null || e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } && certificates.Problem is not null ? e : first;

                // Nothing listens: the other scheme will not change that, and its error would hide this one.
                if (e is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError })
                {
                    break;
                }
            }
        }

        throw Unavailable("Nothing was transferred", first ?? new IOException("It answers neither HTTP nor HTTPS."));
    }

    private static SocketsHttpHandler CreateHandler(string registry, CertificateCheck certificates, RegistryOptions options) =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            UseProxy = !RegistryEndpoint.IsLoopback(new Uri($"https://{RegistryEndpoint.HostOf(registry)}/")),
            MaxResponseHeadersLength = 64,
            SslOptions = certificates.CreateOptions(),
        };
}
