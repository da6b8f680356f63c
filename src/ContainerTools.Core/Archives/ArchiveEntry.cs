using ContainerTools.Oci;

namespace ContainerTools.Core.Archives;

/// <summary>A file of an image archive: small ones are in memory, others in the content store.</summary>
/// <param name="Digest">The digest of its bytes.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Bytes">Its bytes, when they are in memory.</param>
internal sealed record ArchiveEntry(Digest Digest, long Size, byte[]? Bytes);
