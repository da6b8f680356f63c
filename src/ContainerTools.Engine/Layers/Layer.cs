using ContainerTools.Oci;

namespace ContainerTools.Engine.Layers;

/// <summary>An unpacked layer.</summary>
/// <param name="Key">Its name in the store: the DiffID's or ChainID's hexadecimal digits.</param>
/// <param name="DiffId">Digest of its plain tar.</param>
/// <param name="Path">The directory that overlayfs uses.</param>
/// <param name="Size">Bytes of its files.</param>
public sealed record Layer(string Key, Digest DiffId, string Path, long Size);
