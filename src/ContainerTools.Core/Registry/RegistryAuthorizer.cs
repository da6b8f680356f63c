using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Registry;

/// <summary>
/// Answers a registry's challenges: Basic with the user's credential, Bearer with a token fetched from the token server for a scope (Docker's
/// "Token Authentication Specification"). Tokens are kept until shortly before they expire.
/// </summary>
internal sealed class RegistryAuthorizer(RegistryTransport transport, RegistryCredential? credential) : IDisposable
{
    private const int MaxTokenResponse = 1 << 20;
    private const int DefaultLifetimeSeconds = 60;

    private readonly ConcurrentDictionary<string, (AuthenticationHeaderValue Header, DateTimeOffset Expires, AuthenticationChallenge? Challenge)> headers = new();

    // One at a time: requests side by side are all refused at first, and one token serves them all.
    private readonly SemaphoreSlim answering = new(1, 1);

    /// <summary>The user whose credential is used; null for none.</summary>
    internal string? UserName => credential?.UserName;

    public void Dispose() => answering.Dispose();

    /// <summary>Whether a token server gave a token for a scope.</summary>
    internal bool HasToken(string scope) => headers.TryGetValue(scope, out var known) && known.Challenge is not null;

    /// <summary>Whether the registry has asked for a credential or token for a scope, and got one.</summary>
    internal bool HasAnswered(string scope) => headers.ContainsKey(scope);

    /// <summary>
    /// The header to send for a scope; null before the first challenge. A token that has expired is fetched anew, so that no body is sent in vain.
    /// </summary>
    internal async ValueTask<AuthenticationHeaderValue?> GetAsync(string scope, CancellationToken ct)
    {
        if (!headers.TryGetValue(scope, out var known))
        {
            return null;
        }

        if (known.Expires > DateTimeOffset.UtcNow)
        {
            return known.Header;
        }

        await answering.WaitAsync(ct);
        try
        {
            return headers[scope].Expires > DateTimeOffset.UtcNow ? headers[scope].Header : await FetchAsync(known.Challenge!, scope, ct);
        }
        finally
        {
            answering.Release();
        }
    }

    /// <summary>Gets what a 401 response asks for. False: nothing (more) can be offered.</summary>
    internal async Task<bool> AnswerAsync(HttpResponseMessage response, string scope, CancellationToken ct)
    {
        await answering.WaitAsync(ct);
        try
        {
            if (headers.TryGetValue(scope, out var known) && known.Expires > DateTimeOffset.UtcNow && !known.Header.Equals(response.RequestMessage?.Headers.Authorization))
            {
                return true;
            }

            var challenges = AuthenticationChallenge.Parse(response.Headers.WwwAuthenticate);
            if (challenges.FirstOrDefault(static c => c.Is("Bearer")) is { } bearer)
            {
                await FetchAsync(bearer, scope, ct);
                return true;
            }

            if (challenges.Any(static c => c.Is("Basic")) && credential is { UserName.Length: > 0 } && known.Header is null)
            {
                headers[scope] = (Basic(credential), DateTimeOffset.MaxValue, null);
                return true;
            }

            return false;
        }
        finally
        {
            answering.Release();
        }
    }

    private async Task<AuthenticationHeaderValue> FetchAsync(AuthenticationChallenge challenge, string scope, CancellationToken ct)
    {
        var (token, lifetime) = await FetchTokenAsync(challenge, scope, ct);
        var header = new AuthenticationHeaderValue("Bearer", token);

        // Somewhat early, so that none expires on its way.
        headers[scope] = (header, DateTimeOffset.UtcNow.AddSeconds(Math.Max(lifetime - 10, lifetime / 2.0)), challenge);
        return header;
    }

    private static AuthenticationHeaderValue Basic(RegistryCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.UserName}:{credential.Password}")));

    private async Task<(string Token, int Lifetime)> FetchTokenAsync(AuthenticationChallenge challenge, string scope, CancellationToken ct)
    {
        string what = scope.Length == 0 ? "A token could not be fetched" : $"A token for '{scope}' could not be fetched";
        if (!Uri.TryCreate(challenge.Get("realm"), UriKind.Absolute, out var realm) || !transport.IsAllowed(realm))
        {
            throw new ContainerToolsException("RegistryTokenServerInvalid", ErrorKind.InvalidData,
                $"{what}: registry '{transport.Registry}' names the token server '{challenge.Get("realm")}', which is not a secure URL.", transport.Registry);
        }

        using var response = await transport.SendAsync(() => CreateTokenRequest(realm, challenge, scope), what, ct);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest)
        {
            throw new ContainerToolsException("RegistryAuthenticationFailed", ErrorKind.AuthenticationFailed,
                credential is null
                    ? $"{what}: registry '{transport.Registry}' needs a login, and no credential was given or found."
                    : $"{what}: registry '{transport.Registry}' does not accept the credential of '{credential.UserName}'.",
                transport.Registry);
        }

        if (!response.IsSuccessStatusCode)
        {
            throw new ContainerToolsException("RegistryTokenServerFailed", ErrorKind.Unavailable,
                $"{what}: the token server '{realm.Host}' answered {(int)response.StatusCode} {response.ReasonPhrase}.", transport.Registry);
        }

        try
        {
            byte[] body = await BoundedBody.ReadAsync(response, MaxTokenResponse, ct);
            var token = JsonSerializer.Deserialize(body, OciJson.Default.RegistryToken);
            string? text = string.IsNullOrEmpty(token?.Token) ? token?.AccessToken : token.Token;
            if (!string.IsNullOrEmpty(text) && !text.AsSpan().ContainsAny('\r', '\n'))
            {
                return (text, token!.ExpiresIn ?? DefaultLifetimeSeconds);
            }
        }
        catch (JsonException)
        {
            // Said below, as for a document without a token.
        }

        throw new ContainerToolsException("RegistryTokenServerFailed", ErrorKind.InvalidData,
            $"{what}: the token server '{realm.Host}' of registry '{transport.Registry}' sent no token.", transport.Registry);
    }

    private HttpRequestMessage CreateTokenRequest(Uri realm, AuthenticationChallenge challenge, string scope)
    {
        string? service = challenge.Get("service");
        string wanted = TokenScope.Combine(scope, challenge.Get("scope"));
        if (credential?.IdentityToken is { } refreshToken)
        {
            var form = new Dictionary<string, string>
            {
                ["grant_type"] = "refresh_token",
                ["refresh_token"] = refreshToken,
                ["client_id"] = "ContainerTools",
                ["scope"] = wanted,
            };
            if (service is not null)
            {
                form["service"] = service;
            }

            return new HttpRequestMessage(HttpMethod.Post, realm) { Content = new FormUrlEncodedContent(form) };
        }

        var query = new StringBuilder(realm.Query.TrimStart('?'));
        Append(query, "service", service);
        foreach (string part in wanted.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            Append(query, "scope", part);
        }

        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(realm) { Query = query.ToString() }.Uri);
        if (credential is not null)
        {
            request.Headers.Authorization = Basic(credential);
        }

        return request;
    }

    private static void Append(StringBuilder query, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            query.Append(query.Length == 0 ? "" : "&").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
