namespace ContainerTools.Oci.Runtime;

/// <summary>Scheduling attributes (sched_setattr(2)).</summary>
public sealed class SchedulerSpec
{
    /// <summary><c>SCHED_OTHER</c>, <c>SCHED_FIFO</c>, <c>SCHED_RR</c>, <c>SCHED_BATCH</c>, <c>SCHED_ISO</c>, <c>SCHED_IDLE</c> or <c>SCHED_DEADLINE</c>.</summary>
    public string Policy { get; set; } = "";

    /// <summary>Nice value for SCHED_OTHER and SCHED_BATCH.</summary>
    public int? Nice { get; set; }

    /// <summary>Static priority for SCHED_FIFO and SCHED_RR.</summary>
    public int? Priority { get; set; }

    /// <summary>Flags as <c>SCHED_FLAG_RESET_ON_FORK</c>.</summary>
    public List<string>? Flags { get; set; }

    /// <summary>Run time of SCHED_DEADLINE, nanoseconds.</summary>
    public ulong? Runtime { get; set; }

    /// <summary>Deadline of SCHED_DEADLINE, nanoseconds.</summary>
    public ulong? Deadline { get; set; }

    /// <summary>Period of SCHED_DEADLINE, nanoseconds.</summary>
    public ulong? Period { get; set; }
}
