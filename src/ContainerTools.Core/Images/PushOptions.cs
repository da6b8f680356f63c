using ContainerTools.Core.Registry;

namespace ContainerTools.Core.Images;

/// <summary>How to push an image.</summary>
public sealed record PushOptions
{
    /// <summary>The credential for the registry; null to use what a login left, or none.</summary>
    public RegistryCredential? Credential { get; init; }

    /// <summary>Whether plain HTTP and certificates that cannot be verified are accepted.</summary>
    public bool AllowInsecure { get; init; }

    /// <summary>The largest part of a blob that is sent at once, in bytes; null to send each blob whole.</summary>
    public long? ChunkSize { get; init; }
}
