using ContainerTools.Oci;

namespace ContainerTools.Engine.Layers;

/// <summary>A layer that lies unpacked in the store.</summary>
/// <param name="Key">Its name in the store: 64 hexadecimal digits, of its DiffID if it stands alone, of its ChainID if it leans on what is below.</param>
/// <param name="DiffId">The digest of its uncompressed tar.</param>
/// <param name="Path">The directory that overlayfs takes as a lower layer.</param>
/// <param name="Size">Bytes in its regular files.</param>
public sealed record Layer(string Key, Digest DiffId, string Path, long Size)
{
    /// <summary>Whether it is kept by its ChainID, since what is below it has a part in how it looks on disk.</summary>
    public bool LeansOnParents { get; init; }

    /// <summary>
    /// Whether its tar has an entry for the root directory. Without, its root is like the one below it, for overlayfs shows the topmost layer's.
    /// </summary>
    public bool DescribesRoot { get; init; }

    /// <summary>The key of the layer that this one is a copy of, with the owners that some containers need; null for one that an image has.</summary>
    public string? CopyOf { get; init; }

    /// <summary>Whether its root is 0755 of root without extended attributes, as one is that nobody describes.</summary>
    internal bool HasPlainRoot { get; init; }
}
