namespace ContainerTools.Core.Registry;

/// <summary>Which servers are taken for the registry, beyond those whose certificate the system trusts.</summary>
public sealed record RegistryTrust
{
    /// <summary>Whether plain HTTP and certificates that cannot be verified are accepted. Loopback may always speak plain HTTP.</summary>
    public bool AllowInsecure { get; init; }

    /// <summary>Whether certificates are accepted that cannot be verified.</summary>
    public bool SkipCertificateCheck { get; init; }

    /// <summary>Files with certificates (PEM or DER) of authorities that are trusted as well.</summary>
    public IReadOnlyList<string> CertificateAuthorities { get; init; } = [];

    /// <summary>
    /// Directories with a directory for each registry, named as <c>host:port</c>, that holds <c>*.crt</c> for its authorities, and <c>*.cert</c> with
    /// <c>*.key</c> for the user's own certificate. By default those that docker and podman look in.
    /// </summary>
    public IReadOnlyList<string> CertificateDirectories { get; init; } = DefaultDirectories();

    private static string[] DefaultDirectories()
    {
        string? config = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME");
        if (string.IsNullOrEmpty(config))
        {
            config = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
        }

        return [Path.Combine(config, "docker/certs.d"), "/etc/docker/certs.d", Path.Combine(config, "containers/certs.d"), "/etc/containers/certs.d"];
    }
}
