namespace ContainerTools.Engine.RootFileSystems;

/// <summary>The directories of an overlay.</summary>
/// <param name="Lower">The read-only layers' directories, the topmost first; at least one.</param>
/// <param name="Upper">The writable layer's directory, or null for a read-only tree.</param>
/// <param name="Work">overlayfs' work directory, a sibling of <paramref name="Upper"/>; needed with it.</param>
public sealed record OverlayLayers(IReadOnlyList<string> Lower, string? Upper = null, string? Work = null)
{
    /// <summary>The SELinux label that all files in it have (mount(8), "context"); null for their own. Only where SELinux runs.</summary>
    public string? Label { get; init; }

    /// <summary>Whether the writable layer need not survive a crash of the host: fsync(2) in it does nothing, and nothing is written to disk when it is unmounted ("volatile" of overlayfs).</summary>
    public bool Volatile { get; init; }
}
