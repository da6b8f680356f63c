using System.Management.Automation;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Registry;

namespace ContainerTools;

/// <summary>What cmdlets share that speak with a registry: whom they take for it.</summary>
public abstract class RegistryCommand : ContainerToolsCmdlet
{
    /// <summary>Accepts plain HTTP, and certificates that cannot be verified. Loopback registries need it not.</summary>
    [Parameter]
    public SwitchParameter AllowInsecure { get; set; }

    /// <summary>Accepts certificates that cannot be verified, but no plain HTTP.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>Files with certificates of authorities that are trusted beside the system's: PEM or DER. Those in <c>/etc/docker/certs.d/HOST:PORT</c> are found by themselves.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] CertificateAuthority { get; set; } = [];

    private protected RegistryTrust Trust => new()
    {
        AllowInsecure = AllowInsecure,
        SkipCertificateCheck = SkipCertificateCheck,
        CertificateAuthorities = [.. CertificateAuthority.Select(GetUnresolvedProviderPathFromPSPath)],
    };

    private protected static RegistryCredential? Convert(PSCredential? credential) =>
        credential is null ? null : new RegistryCredential(credential.UserName, credential.GetNetworkCredential().Password);
}
