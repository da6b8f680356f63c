using System.Management.Automation;

namespace ContainerTools;

/// <summary>What cmdlets share that speak with a registry as a user.</summary>
public abstract class RegistryUserCommand : RegistryCommand
{
    /// <summary>User and password for the registry; by default what Connect-ImageRegistry, <c>docker login</c> or <c>podman login</c> left, or none.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }
}
