namespace ContainerTools.Runtime.State;

/// <summary>What a container's state.json holds: all that later commands need to find its process and its traces.</summary>
internal sealed class ContainerStateFile
{
    /// <summary>The container's id.</summary>
    public string Id { get; set; } = "";

    /// <summary>Absolute path of the bundle.</summary>
    public string Bundle { get; set; } = "";

    /// <summary>PID 1's process id on the host; 0 while it is being created.</summary>
    public int Pid { get; set; }

    /// <summary>When that process started, in clock ticks since boot: tells it from a later one with the same id.</summary>
    public ulong StartTime { get; set; }

    /// <summary>When the container was created.</summary>
    public DateTimeOffset Created { get; set; }

    /// <summary>Path of its control group from each hierarchy's root; null where it has none of its own.</summary>
    public string? CgroupPath { get; set; }

    /// <summary>Where its control group's hierarchies are mounted, as <see cref="Linux.Cgroups.CgroupHierarchies.Mounts"/> has it; null where an ordinary user has made the container.</summary>
    public Dictionary<string, string>? CgroupMounts { get; set; }

    /// <summary>The systemd scope that it lies in; null where systemd was not asked for one.</summary>
    public string? Scope { get; set; }

    /// <summary>Absolute path of the root file system's directory, or null where layers are mounted.</summary>
    public string? RootPath { get; set; }

    /// <summary>The config's annotations.</summary>
    public Dictionary<string, string>? Annotations { get; set; }
}
