namespace ContainerTools.Linux.Mounts;

/// <summary>How mounts below a mount spread to its peers (mount_namespaces(7)); the values are mount(2)'s.</summary>
public enum MountPropagation : ulong
{
    /// <summary>Unchanged.</summary>
    Unchanged = 0,

    /// <summary>MS_UNBINDABLE.</summary>
    Unbindable = 1 << 17,

    /// <summary>MS_PRIVATE.</summary>
    Private = 1 << 18,

    /// <summary>MS_SLAVE.</summary>
    Slave = 1 << 19,

    /// <summary>MS_SHARED.</summary>
    Shared = 1 << 20,
}
