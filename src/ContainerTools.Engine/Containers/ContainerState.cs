namespace ContainerTools;

/// <summary>Where a container is in its life.</summary>
public enum ContainerState
{
    /// <summary>Made, and never started.</summary>
    Created,

    /// <summary>Being started, or stopping: a monitor is at work, but there is no process to talk to.</summary>
    Starting,

    /// <summary>Its process runs.</summary>
    Running,

    /// <summary>Its processes are suspended.</summary>
    Paused,

    /// <summary>Its process has ended, and its restart policy will start it again in a moment.</summary>
    Restarting,

    /// <summary>Its process has ended, or could not be started.</summary>
    Exited,
}
