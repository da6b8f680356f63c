using ContainerTools.Oci;

namespace ContainerTools.Core.Archives;

/// <summary>An image found in an archive.</summary>
/// <param name="ManifestBytes">The manifest's bytes: the archive's own, or made from what a docker-save archive says.</param>
/// <param name="Descriptor">The manifest's descriptor.</param>
/// <param name="Manifest">The manifest.</param>
/// <param name="ConfigBytes">The configuration's bytes.</param>
/// <param name="Config">The configuration.</param>
/// <param name="IndexDigest">The index that it was chosen from, if it was.</param>
/// <param name="Names">Its names.</param>
internal sealed record ArchivedImage(
    byte[] ManifestBytes, Descriptor Descriptor, ImageManifest Manifest, byte[] ConfigBytes, ImageConfig Config, Digest? IndexDigest, IReadOnlyList<ImageReference> Names);
