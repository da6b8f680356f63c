namespace ContainerTools.Core.Images;

/// <summary>How far a part of a transfer is: a layer, or the image itself while it is resolved.</summary>
/// <param name="Id">The layer's digest, its first twelve digits; or the image's name.</param>
/// <param name="Phase">What is happening.</param>
/// <param name="Current">Bytes so far.</param>
/// <param name="Total">Bytes in all, when known.</param>
public sealed record TransferProgress(string Id, TransferPhase Phase, long Current, long? Total);
