using ContainerTools.Core.Registry;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>How to pull an image.</summary>
public sealed record PullOptions
{
    /// <summary>Which image of an index to take; null for this machine's.</summary>
    public Platform? Platform { get; init; }

    /// <summary>The credential for the registry; null to use what <c>docker login</c> or <c>podman login</c> left, or none.</summary>
    public RegistryCredential? Credential { get; init; }

    /// <summary>Which servers are taken for the registry.</summary>
    public RegistryTrust Trust { get; init; } = new();
}
