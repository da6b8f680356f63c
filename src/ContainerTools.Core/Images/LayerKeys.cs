using System.Text;
using ContainerTools.Core.Content;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>The keys that a lease or a collection knows blobs and unpacked layers by.</summary>
internal static class LayerKeys
{
    /// <summary>A blob's key in a lease.</summary>
    internal static string OfBlob(Digest digest) => digest.ToString();

    /// <summary>
    /// The keys under which an image's unpacked layers may be kept: each layer's DiffID, and the ChainID of each layer with what is below it
    /// (image-spec, config.md, "Layer ChainID").
    /// </summary>
    internal static IEnumerable<string> OfLayers(IReadOnlyList<Digest> diffIds)
    {
        Digest chain = default;
        foreach (var diffId in diffIds)
        {
            chain = chain.IsEmpty ? diffId : Hashing.Sha256(Encoding.ASCII.GetBytes($"{chain} {diffId}"));
            yield return diffId.Hex;
            if (chain != diffId)
            {
                yield return chain.Hex;
            }
        }
    }
}
