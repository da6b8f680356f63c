using ContainerTools.Core.Build.Files;
using ContainerTools.Core.Build.Language;
using ContainerTools.Engine.Layers;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build;

/// <summary>Files that COPY, ADD or a mount can take: a directory's, or those of layers, which may not be here yet.</summary>
internal sealed record BuildFiles
{
    /// <summary>The directory on this machine; null for layers.</summary>
    internal string? Directory { get; init; }

    /// <summary>What of the directory is left out.</summary>
    internal IgnoreFile? Ignore { get; init; }

    /// <summary>The layers, the base first.</summary>
    internal IReadOnlyList<Digest> DiffIds { get; init; } = [];

    /// <summary>The layers' blobs.</summary>
    internal IReadOnlyList<Descriptor> Blobs { get; init; } = [];

    /// <summary>What the files are, by the layers' digests; null for a directory, whose files must be looked at.</summary>
    internal string? Identity => Directory is not null ? null : DiffIds.Count == 0 ? "nothing" : ChainId.Of(DiffIds).ToString();

    /// <summary>Brings them here.</summary>
    internal Task EnsureAsync(BuildSession session, CancellationToken ct) => session.Supply.EnsureAsync(DiffIds, Blobs, ct);

    /// <summary>Opens them; they are here.</summary>
    internal FileSource Open(BuildSession session) =>
        Directory is { } directory ? session.Trees.OpenDirectory(directory) : session.Trees.OpenLayers(session.Layers.Resolve(DiffIds));
}
