using ContainerTools.Core.Registry;

namespace ContainerTools.Core.Images;

/// <summary>How to push an image.</summary>
public sealed record PushOptions
{
    /// <summary>The credential for the registry; null to use what a login left, or none.</summary>
    public RegistryCredential? Credential { get; init; }

    /// <summary>Which servers are taken for the registry.</summary>
    public RegistryTrust Trust { get; init; } = new();

    /// <summary>The largest part of a blob that is sent at once, in bytes; null to send each blob whole.</summary>
    public long? ChunkSize { get; init; }
}
