namespace ContainerTools;

/// <summary>A login to a registry that is kept for later.</summary>
/// <param name="Registry">The registry.</param>
/// <param name="UserName">The user.</param>
/// <param name="Store">Where it is kept: a file, or the credential helper's program.</param>
public sealed record RegistryLogin(string Registry, string UserName, string Store)
{
    /// <summary>Whether a credential helper keeps the password; in the file it is only encoded, for its owner to read.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>The registry.</summary>
    public override string ToString() => Registry;
}
