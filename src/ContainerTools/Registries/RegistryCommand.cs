using System.Management.Automation;
using ContainerTools.Core.Registry;

namespace ContainerTools;

/// <summary>What cmdlets share that speak with a registry in the first place.</summary>
public abstract class RegistryCommand : RegistryTrustCommand
{
    /// <summary>Accepts plain HTTP, and certificates that cannot be verified. Loopback registries need it not.</summary>
    [Parameter]
    public SwitchParameter AllowInsecure { get; set; }

    private protected override RegistryTrust Trust => base.Trust with { AllowInsecure = AllowInsecure };

    private protected static RegistryCredential? Convert(PSCredential? credential) =>
        credential is null ? null : new RegistryCredential(credential.UserName, credential.GetNetworkCredential().Password);
}
