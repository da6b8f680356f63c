using System.Management.Automation;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Registry;

namespace ContainerTools;

/// <summary>What cmdlets share that may speak with a registry: whose certificates they take for its.</summary>
public abstract class RegistryTrustCommand : ContainerToolsCmdlet
{
    /// <summary>Accepts certificates that cannot be verified, but no plain HTTP.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>Files with certificates of authorities that are trusted beside the system's: PEM or DER. Those in <c>/etc/docker/certs.d/HOST:PORT</c> are found by themselves.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] CertificateAuthority { get; set; } = [];

    private protected virtual RegistryTrust Trust => new()
    {
        SkipCertificateCheck = SkipCertificateCheck,
        CertificateAuthorities = [.. CertificateAuthority.Select(GetUnresolvedProviderPathFromPSPath)],
    };
}
