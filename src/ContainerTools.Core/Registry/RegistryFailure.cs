using System.Net;
using System.Text.Json;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Registry;

/// <summary>Turns a registry's refusals into errors for the user.</summary>
internal static class RegistryFailure
{
    private const int MaxErrorBody = 64 << 10;

    internal static async Task<ContainerToolsException> ExplainAsync(HttpResponseMessage response, string registry, string repository, string what, CancellationToken ct)
    {
        return Explain(response, registry, repository, what, await DescribeAsync(response, ct));
    }

    private static ContainerToolsException Explain(HttpResponseMessage response, string registry, string repository, string what, string detail) =>
        response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => new ContainerToolsException("RegistryAuthenticationFailed", ErrorKind.AuthenticationFailed,
                $"{what}: registry '{registry}' needs a login for '{repository}', or does not accept the one it got. {detail}".TrimEnd(), registry),
            HttpStatusCode.Forbidden => new ContainerToolsException("RegistryAccessDenied", ErrorKind.PermissionDenied,
                $"{what}: registry '{registry}' denies access to '{repository}'. {detail}".TrimEnd(), registry),
            HttpStatusCode.NotFound => new ContainerToolsException("RegistryImageNotFound", ErrorKind.NotFound,
                $"{what}: registry '{registry}' has no repository '{repository}'. {detail}".TrimEnd(), registry),
            HttpStatusCode.TooManyRequests => new ContainerToolsException("RegistryRateLimited", ErrorKind.Unavailable,
                $"{what}: registry '{registry}' limits requests; try again later or log in. {detail}".TrimEnd(), registry),
            var status => new ContainerToolsException("RegistryFailed", ErrorKind.Unavailable,
                $"{what}: registry '{registry}' answered {(int)status} {response.ReasonPhrase}. {detail}".TrimEnd(), registry),
        };

    /// <summary>As <see cref="ExplainAsync"/>, of a request that would have changed the repository.</summary>
    /// <param name="response">The refusal.</param>
    /// <param name="registry">The registry.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="user">The user whose credential was sent; null for none.</param>
    /// <param name="isKnownUser">Whether the registry's token server has accepted the user, so that a 401 says what the user may.</param>
    /// <param name="what">What was asked for.</param>
    /// <param name="ct">Cancels.</param>
    internal static async Task<ContainerToolsException> ExplainPushAsync(
        HttpResponseMessage response, string registry, string repository, string? user, bool isKnownUser, string what, CancellationToken ct)
    {
        string who = user is null ? "without a login" : $"by '{user}'";
        string detail = await DescribeAsync(response, ct);
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized when user is null => new ContainerToolsException("RegistryAuthenticationFailed", ErrorKind.AuthenticationFailed,
                $"{what}: registry '{registry}' needs a login to push to '{repository}', and no credential was given or found. Use Connect-ImageRegistry or -Credential. {detail}".TrimEnd(), registry),
            HttpStatusCode.Unauthorized when !isKnownUser => new ContainerToolsException("RegistryAuthenticationFailed", ErrorKind.AuthenticationFailed,
                $"{what}: registry '{registry}' does not accept the credential of '{user}'. {detail}".TrimEnd(), registry),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new ContainerToolsException("RegistryAccessDenied", ErrorKind.PermissionDenied,
                $"{what}: registry '{registry}' does not allow pushing to '{repository}' {who}. {detail}".TrimEnd(), registry),
            HttpStatusCode.NotFound => new ContainerToolsException("RegistryRepositoryNotFound", ErrorKind.NotFound,
                $"{what}: registry '{registry}' has no repository '{repository}' and does not make one by a push; it may have to be made there first. {detail}".TrimEnd(), registry),
            HttpStatusCode.RequestEntityTooLarge => new ContainerToolsException("RegistryBodyTooLarge", ErrorKind.InvalidData,
                $"{what}: registry '{registry}', or a proxy before it, does not take so much at once. {detail}".TrimEnd(), registry),
            HttpStatusCode.MethodNotAllowed => new ContainerToolsException("RegistryReadOnly", ErrorKind.NotSupported,
                $"{what}: registry '{registry}' cannot be pushed to: it is read-only or a mirror of another. {detail}".TrimEnd(), registry),
            _ => Explain(response, registry, repository, what, detail),
        };
    }

    /// <summary>What the registry says of its error. It is shown to people, so only printable text of a decent length.</summary>
    internal static async Task<string> DescribeAsync(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            byte[] body = await BoundedBody.ReadAsync(response, MaxErrorBody, ct);
            var error = JsonSerializer.Deserialize(body, OciJson.Default.RegistryErrors)?.Errors is [var only, ..] ? only : null;
            string text = new([.. $"{error?.Code} {error?.Message}".Trim().Where(static c => !char.IsControl(c)).Take(300)]);
            return text.Length == 0 ? "" : $"It says: {text}.";
        }
        catch (Exception e) when (e is JsonException or InvalidDataException || RegistryTransport.IsTransient(e))
        {
            return "";
        }
    }
}
