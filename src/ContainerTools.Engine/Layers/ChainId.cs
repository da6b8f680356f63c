using System.Security.Cryptography;
using System.Text;
using ContainerTools.Oci;

namespace ContainerTools.Engine.Layers;

/// <summary>The identity of a layer together with all below it (image-spec config.md, "Layer ChainID").</summary>
/// <remarks>Uses the platform's SHA-256, which the static runtime does not contain: only what brings layers in calls it.</remarks>
public static class ChainId
{
    /// <summary>The ChainID of the topmost of some layers.</summary>
    /// <param name="diffIds">Their DiffIDs, bottom first; at least one.</param>
    public static Digest Of(IReadOnlyList<Digest> diffIds)
    {
        var chain = diffIds[0];
        for (var i = 1; i < diffIds.Count; i++)
            chain = Digest.Parse("sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"{chain} {diffIds[i]}"))));
        return chain;
    }
}
