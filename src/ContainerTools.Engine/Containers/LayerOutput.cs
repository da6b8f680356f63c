using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Containers;

/// <summary>How a container's files are written as an image layer.</summary>
public sealed record LayerOutput
{
    /// <summary>The whole root file system, for an image of this one layer, instead of what differs from the container's image.</summary>
    public bool WholeTree { get; init; }

    /// <summary>Later times are written as this one, for the same bytes at any time; null leaves them as they are.</summary>
    public FileTime? LatestTime { get; init; }

    /// <summary>Told how many bytes of content were written.</summary>
    public Action<long>? Progress { get; init; }
}
