using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Contents;

/// <summary>An entry of a writable layer.</summary>
/// <param name="Kind">How it stands to the image.</param>
/// <param name="Path">Its path without a leading slash, as bytes; empty for the root.</param>
/// <param name="Status">What it is, or was if it is gone.</param>
internal sealed record LayerChange(LayerChangeKind Kind, byte[] Path, FileStatus Status)
{
    /// <summary>Whether it is a directory in which nothing of the image's shows, that has something there.</summary>
    public bool HidesBelow { get; init; }
}
