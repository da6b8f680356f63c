namespace ContainerTools.Oci.Runtime;

/// <summary>CPU limits.</summary>
public sealed class LinuxCpu
{
    /// <summary>Relative weight, 2 to 262144, 1024 being normal (v1 scale; converted for v2).</summary>
    public ulong? Shares { get; set; }

    /// <summary>Microseconds of CPU time in each period; -1 is unlimited.</summary>
    public long? Quota { get; set; }

    /// <summary>Microseconds that may be saved up beyond the quota.</summary>
    public ulong? Burst { get; set; }

    /// <summary>Length of a period in microseconds, 100000 when absent.</summary>
    public ulong? Period { get; set; }

    /// <summary>Microseconds for real-time tasks in each period (v1).</summary>
    public long? RealtimeRuntime { get; set; }

    /// <summary>Length of the real-time period in microseconds (v1).</summary>
    public ulong? RealtimePeriod { get; set; }

    /// <summary>CPUs allowed, as <c>0-3,7</c>.</summary>
    public string? Cpus { get; set; }

    /// <summary>Memory nodes allowed, as <c>0-1</c>.</summary>
    public string? Mems { get; set; }

    /// <summary>1 makes the whole group SCHED_IDLE.</summary>
    public long? Idle { get; set; }
}
