namespace ContainerTools;

/// <summary>A process of a container, as it was when it was looked at. Text comes from the process itself and may hold any character.</summary>
public sealed class ContainerProcess
{
    /// <summary>The container's name.</summary>
    public string Container { get; init; } = "";

    /// <summary>The container's id.</summary>
    public string ContainerId { get; init; } = "";

    /// <summary>Process id on the host.</summary>
    public int Id { get; init; }

    /// <summary>Process id inside the container; null for a process that is in its control group but in no process namespace of the container's.</summary>
    public int? InnerId { get; init; }

    /// <summary>The parent's process id on the host.</summary>
    public int ParentId { get; init; }

    /// <summary>The parent's process id inside the container; null where the parent is outside.</summary>
    public int? InnerParentId { get; internal set; }

    /// <summary>The effective user's name in the container's /etc/passwd, or its number where there is none.</summary>
    public string User { get; init; } = "";

    /// <summary>The effective user's id inside; 65534 for one that the container's user namespace does not have.</summary>
    public uint UserId { get; init; }

    /// <summary>The effective user's id on the host.</summary>
    public uint HostUserId { get; init; }

    /// <summary>The thread name of its first thread: at most 15 bytes, by default the program's file name (comm, proc_pid_comm(5)).</summary>
    public string Name { get; init; } = "";

    /// <summary>Program and arguments; empty for a zombie.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];

    /// <summary>What it is doing.</summary>
    public ContainerProcessState State { get; init; }

    /// <summary>Processor time used.</summary>
    public TimeSpan CpuTime { get; init; }

    /// <summary>Bytes of memory it has resident, what it shares with others included.</summary>
    public long Memory { get; init; }

    /// <summary>Bytes of address space.</summary>
    public long VirtualMemory { get; init; }

    /// <summary>Number of threads.</summary>
    public int Threads { get; init; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>The name and the id on the host.</summary>
    public override string ToString() => $"{Name} ({Id})";
}
