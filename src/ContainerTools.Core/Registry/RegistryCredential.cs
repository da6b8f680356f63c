namespace ContainerTools.Core.Registry;

/// <summary>What identifies a user to a registry.</summary>
/// <param name="UserName">The user.</param>
/// <param name="Password">The password or access token.</param>
/// <param name="IdentityToken">An OAuth 2 refresh token, used instead of the password when the registry has a token server.</param>
public sealed record RegistryCredential(string UserName, string Password, string? IdentityToken = null)
{
    /// <summary>Names the user only: a password must not end in a log.</summary>
    public override string ToString() => UserName;
}
