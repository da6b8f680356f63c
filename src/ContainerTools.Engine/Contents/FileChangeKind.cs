namespace ContainerTools;

/// <summary>How a container's file differs from its image's.</summary>
public enum FileChangeKind
{
    /// <summary>The image has nothing of that name.</summary>
    Added,

    /// <summary>The image has something else of that name: other content, owner or mode; a directory in which something was added or deleted.</summary>
    Modified,

    /// <summary>The image has it and the container does not; a directory with all that was in it.</summary>
    Deleted,
}
