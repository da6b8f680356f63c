using ContainerTools.Core.Registry;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>How to copy an image from one registry to another.</summary>
public sealed record CopyOptions
{
    /// <summary>Which image of an index to copy; null for the index with all its images.</summary>
    public Platform? Platform { get; init; }

    /// <summary>The credential for the registry that is read; null to use what a login left, or none.</summary>
    public RegistryCredential? SourceCredential { get; init; }

    /// <summary>The credential for the registry that is written; null to use what a login left, or none.</summary>
    public RegistryCredential? Credential { get; init; }

    /// <summary>Which servers are taken for the registries.</summary>
    public RegistryTrust Trust { get; init; } = new();
}
