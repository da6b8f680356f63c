namespace ContainerTools.Engine.Containers;

/// <summary>What is known about a container's process: state.json, and what the lock and the boot id make of it.</summary>
internal sealed class ContainerStatus
{
    public ContainerState State { get; set; }

    /// <summary>PID 1 on the host.</summary>
    public int Pid { get; set; }

    /// <summary>Start time of PID 1 in clock ticks since boot (proc_pid_stat(5), field 22): with the pid it names one process.</summary>
    public ulong PidStartTime { get; set; }

    /// <summary>/proc/sys/kernel/random/boot_id when the process was started.</summary>
    public string? BootId { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    public int? ExitCode { get; set; }

    public bool OutOfMemory { get; set; }

    /// <summary>How many times the restart policy has started it since somebody did.</summary>
    public int RestartCount { get; set; }

    public string? ErrorId { get; set; }

    public string? Error { get; set; }
}
