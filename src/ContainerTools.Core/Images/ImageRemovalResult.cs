using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>What removing an image did.</summary>
/// <param name="Reference">The name that was removed; null for an image that had none.</param>
/// <param name="ImageRemoved">Whether this was the image's last name, so that the image itself is gone.</param>
/// <param name="RemovedLayers">Keys of the unpacked layers that were deleted.</param>
/// <param name="RemovedBlobs">The blobs that were deleted.</param>
/// <param name="FreedBytes">How much space that freed, as far as sizes are known.</param>
public sealed record ImageRemovalResult(
    ImageReference? Reference, bool ImageRemoved, IReadOnlyList<string> RemovedLayers, IReadOnlyList<Digest> RemovedBlobs, long FreedBytes);
