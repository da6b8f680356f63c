using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>A layer that was made here and lies in the store, unpacked and as a blob.</summary>
/// <param name="Descriptor">The blob, as a manifest names it.</param>
/// <param name="DiffId">The digest of the plain tar.</param>
/// <param name="Size">Bytes of the unpacked files.</param>
internal sealed record BuiltLayer(Descriptor Descriptor, Digest DiffId, long Size);
