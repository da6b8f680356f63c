using ContainerTools.Oci;

namespace ContainerTools.Engine.Layers;

/// <summary>An unpacked layer.</summary>
/// <param name="Key">Its name in the store: the hexadecimal part of its DiffID, or of its ChainID when it leans on the layers below it.</param>
/// <param name="DiffId">The digest of its plain tar.</param>
/// <param name="Path">The directory that an overlay takes as lower layer.</param>
/// <param name="Size">Bytes in its files.</param>
public sealed record Layer(string Key, Digest DiffId, string Path, long Size);
