using ContainerTools.Oci;

namespace ContainerTools.Core.Registry;

/// <summary>A manifest or index as a registry sent it, its digest verified.</summary>
/// <param name="Bytes">The exact bytes, which the digest covers.</param>
/// <param name="MediaType">Its type, from the response or from the document itself.</param>
/// <param name="Digest">The digest of <paramref name="Bytes"/>.</param>
public sealed record RegistryManifest(byte[] Bytes, string MediaType, Digest Digest);
