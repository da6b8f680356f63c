namespace ContainerTools.Engine.Layers;

/// <summary>A stretch of a sparse file that holds data; between them are zeros.</summary>
/// <param name="Offset">Where it begins in the file, in bytes.</param>
/// <param name="Length">How long it is, in bytes.</param>
public readonly record struct SparseSegment(long Offset, long Length);
