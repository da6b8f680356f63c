namespace ContainerTools;

/// <summary>What a process is doing (proc_pid_stat(5), field 3).</summary>
public enum ContainerProcessState
{
    /// <summary>A state that this version does not know.</summary>
    Unknown,

    /// <summary>Running, or ready to.</summary>
    Running,

    /// <summary>Waiting for something, as most processes mostly do.</summary>
    Sleeping,

    /// <summary>Waiting for a device or the kernel; no signal reaches it.</summary>
    Waiting,

    /// <summary>Stopped by a signal or a debugger.</summary>
    Stopped,

    /// <summary>Ended, and its parent has not asked for its exit status.</summary>
    Zombie,

    /// <summary>An idle kernel thread.</summary>
    Idle,
}
