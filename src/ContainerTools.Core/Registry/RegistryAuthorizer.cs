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
internal sealed class RegistryAuthorizer(RegistryTransport transport, RegistryCredential? credential)
{
    private const int MaxTokenResponse = 1 << 20;
    private const int DefaultLifetimeSeconds = 60;

    private readonly ConcurrentDictionary<string, (AuthenticationHeaderValue Header, DateTimeOffset Expires)> headers = new();

    /// <summary>The header to send for a scope, once it is known; null before the first challenge.</summary>
    internal AuthenticationHeaderValue? Find(string scope) =>
        headers.TryGetValue(scope, out var known) && known.Expires > DateTimeOffset.UtcNow ? known.Header : null;

    /// <summary>Gets what a 401 response asks for. False: nothing (more) can be offered.</summary>
    internal async Task<bool> AnswerAsync(HttpResponseMessage response, string scope, CancellationToken ct)
    {
        var challenges = AuthenticationChallenge.Parse(response.Headers.WwwAuthenticate);
        if (challenges.FirstOrDefault(static c => c.Is("Bearer")) is { } bearer)
        {
            var (token, lifetime) = await FetchTokenAsync(bearer, scope, ct);

            // Somewhat early, so that none expires on its way.
            headers[scope] = (new AuthenticationHeaderValue("Bearer", token), DateTimeOffset.UtcNow.AddSeconds(Math.Max(lifetime - 10, 5)));
            return true;
        }

        if (challenges.Any(static c => c.Is("Basic")) && credential is { UserName.Length: > 0 })
        {
            headers[scope] = (Basic(credential), DateTimeOffset.MaxValue);
            return true;
        }

        return false;
    }

    private static AuthenticationHeaderValue Basic(RegistryCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.UserName}:{credential.Password}")));

    private async Task<(string Token, int Lifetime)> FetchTokenAsync(AuthenticationChallenge challenge, string scope, CancellationToken ct)
    {
        string what = $"A token for '{scope}' could not be fetched";
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
        string wanted = challenge.Get("scope") is { Length: > 0 } asked ? asked : scope;
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
