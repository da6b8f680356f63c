using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>How to import an archive.</summary>
public sealed record ImportOptions
{
    /// <summary>The name to give to the image, instead of the archive's. Only for archives with one image.</summary>
    public ImageReference? Reference { get; init; }

    /// <summary>Which image of an index to take; null for this machine's.</summary>
    public Platform? Platform { get; init; }
}
