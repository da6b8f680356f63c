using System.Net;
using ContainerTools.Engine;

namespace ContainerTools.Core.Registry;

public sealed partial class RegistryClient
{
    /// <summary>Tries whether the registry accepts the credential.</summary>
    /// <returns>False when it does not ask for any.</returns>
    /// <exception cref="ContainerToolsException">
    /// <c>RegistryAuthenticationFailed</c>: it does not; <c>RegistryNotFound</c>: there is something else at this address; those of the network.
    /// </exception>
    public async Task<bool> CheckLoginAsync(CancellationToken ct)
    {
        string what = $"The login to '{Registry}' could not be tried";
        var uri = new Uri(await transport.GetBaseAddressAsync(ct), "v2/");

        // Without a scope: a token that allows nothing yet shows who the user is.
        using var response = await SendAsync(new RegistryRequest(HttpMethod.Get, uri, ""), what, ct);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            throw new ContainerToolsException("RegistryAuthenticationFailed", ErrorKind.AuthenticationFailed,
                $"Registry '{Registry}' does not accept the credential of '{authorizer.UserName}'. {await RegistryFailure.DescribeAsync(response, ct)}".TrimEnd(), Registry);
        }

        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            throw new ContainerToolsException("RegistryNotFound", ErrorKind.NotFound, $"{what}: the server there is no image registry (no /v2/).", Registry);
        }

        await ThrowUnlessSuccessAsync(response, "", what, ct);
        return authorizer.HasAnswered("");
    }
}
