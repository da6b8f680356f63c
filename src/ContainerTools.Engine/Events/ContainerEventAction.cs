namespace ContainerTools;

/// <summary>What has happened.</summary>
public enum ContainerEventAction
{
    /// <summary>A container, volume or network was made.</summary>
    Create,

    /// <summary>A container's command runs.</summary>
    Start,

    /// <summary>A container's command has ended.</summary>
    Die,

    /// <summary>The kernel ended processes of a container for want of memory.</summary>
    OutOfMemory,

    /// <summary>A container was suspended.</summary>
    Pause,

    /// <summary>A container goes on.</summary>
    Unpause,

    /// <summary>A container was sent a signal.</summary>
    Kill,

    /// <summary>A container was stopped by somebody.</summary>
    Stop,

    /// <summary>A container is started again, by somebody or by its restart policy.</summary>
    Restart,

    /// <summary>A container has another name.</summary>
    Rename,

    /// <summary>A container was changed.</summary>
    Update,

    /// <summary>A container's health is another one.</summary>
    Health,

    /// <summary>A command was run in a container.</summary>
    Exec,

    /// <summary>A container, image, volume or network was removed.</summary>
    Remove,

    /// <summary>An image was fetched from its registry.</summary>
    Pull,

    /// <summary>An image came out of an archive.</summary>
    Import,

    /// <summary>An image was made of a container or of files.</summary>
    Commit,

    /// <summary>An image was built.</summary>
    Build,

    /// <summary>An image has one more name.</summary>
    Tag,

    /// <summary>An image has one name less.</summary>
    Untag,

    /// <summary>A container was connected to a network.</summary>
    Connect,

    /// <summary>A container was disconnected from a network.</summary>
    Disconnect,

    /// <summary>An image was sent to a registry.</summary>
    Push,
}
