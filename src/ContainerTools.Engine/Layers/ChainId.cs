using System.Text;
using ContainerTools.Oci;

namespace ContainerTools.Engine.Layers;

/// <summary>The identity of a stack of layers (image-spec, config.md, "Layer ChainID").</summary>
public static class ChainId
{
    /// <summary>The ChainID of a stack: for one layer its DiffID, else the SHA-256 of the ChainID below, a space, and the DiffID on top.</summary>
    /// <param name="diffIds">The layers' DiffIDs, bottom first; at least one.</param>
    public static Digest Of(IReadOnlyList<Digest> diffIds)
    {
        ArgumentNullException.ThrowIfNull(diffIds);
        ArgumentOutOfRangeException.ThrowIfZero(diffIds.Count, nameof(diffIds));
        var chain = diffIds[0];
        for (int i = 1; i < diffIds.Count; i++)
        {
            chain = Digest.FromSha256(SmallSha256.Hash(Encoding.ASCII.GetBytes($"{chain} {diffIds[i]}")));
        }

        return chain;
    }
}
