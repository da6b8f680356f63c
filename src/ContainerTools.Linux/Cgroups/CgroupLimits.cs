namespace ContainerTools.Linux.Cgroups;

/// <summary>Limits of a control group, in the runtime-spec's terms (config-linux.md, "Control groups"); null leaves a setting as it is.</summary>
public sealed record CgroupLimits
{
    /// <summary>Bytes of memory; -1 is unlimited.</summary>
    public long? Memory { get; init; }

    /// <summary>Bytes of memory and swap together; -1 is unlimited.</summary>
    public long? MemoryAndSwap { get; init; }

    /// <summary>Soft limit in bytes; -1 is unlimited.</summary>
    public long? MemoryReservation { get; init; }

    /// <summary>
    /// Bytes of the kernel's own memory (version 1). Linux 5.16 gave the limit up, as the runtime-spec says not to use it: from then on it has no effect.
    /// </summary>
    public long? KernelMemory { get; init; }

    /// <summary>Bytes of TCP buffers; -1 is unlimited (version 1).</summary>
    public long? KernelTcpMemory { get; init; }

    /// <summary>Whether tasks wait instead of being killed (version 1).</summary>
    public bool? DisableOomKiller { get; init; }

    /// <summary>0 to 100 (version 1).</summary>
    public ulong? Swappiness { get; init; }

    /// <summary>2 to 262144, 1024 being normal.</summary>
    public ulong? CpuShares { get; init; }

    /// <summary>Microseconds of CPU time in each period; -1 is unlimited.</summary>
    public long? CpuQuota { get; init; }

    /// <summary>Length of a period in microseconds.</summary>
    public ulong? CpuPeriod { get; init; }

    /// <summary>Microseconds that may be saved up.</summary>
    public ulong? CpuBurst { get; init; }

    /// <summary>1 makes the group SCHED_IDLE.</summary>
    public long? CpuIdle { get; init; }

    /// <summary>Microseconds for real-time tasks in each real-time period (version 1).</summary>
    public long? RealtimeRuntime { get; init; }

    /// <summary>Length of the real-time period in microseconds (version 1).</summary>
    public ulong? RealtimePeriod { get; init; }

    /// <summary>CPUs, as <c>0-3,7</c>.</summary>
    public string? CpuSet { get; init; }

    /// <summary>Memory nodes, as <c>0-1</c>.</summary>
    public string? MemoryNodes { get; init; }

    /// <summary>Highest number of tasks; zero or less is unlimited.</summary>
    public long? Pids { get; init; }

    /// <summary>Block I/O weight, 10 to 1000.</summary>
    public ushort? BlockWeight { get; init; }

    /// <summary>Block I/O weight of the group's own tasks against its children, 10 to 1000 (version 1).</summary>
    public ushort? BlockLeafWeight { get; init; }

    /// <summary>Block I/O weights by device (<c>major:minor</c>).</summary>
    public IReadOnlyList<KeyValuePair<string, ushort>> BlockWeights { get; init; } = [];

    /// <summary>Leaf weights by device (version 1).</summary>
    public IReadOnlyList<KeyValuePair<string, ushort>> BlockLeafWeights { get; init; } = [];

    /// <summary>Class that the group's packets are marked with (version 1, net_cls).</summary>
    public uint? NetworkClass { get; init; }

    /// <summary>Priorities of the group's packets by interface (version 1, net_prio).</summary>
    public IReadOnlyList<KeyValuePair<string, uint>> NetworkPriorities { get; init; } = [];

    /// <summary>RDMA handles and objects by device, as <c>hca_handle=2 hca_object=2000</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Rdma { get; init; } = [];

    /// <summary>Bytes read per second by device (<c>major:minor</c>).</summary>
    public IReadOnlyList<KeyValuePair<string, ulong>> ReadBytes { get; init; } = [];

    /// <summary>Bytes written per second by device.</summary>
    public IReadOnlyList<KeyValuePair<string, ulong>> WriteBytes { get; init; } = [];

    /// <summary>Reads per second by device.</summary>
    public IReadOnlyList<KeyValuePair<string, ulong>> ReadOperations { get; init; } = [];

    /// <summary>Writes per second by device.</summary>
    public IReadOnlyList<KeyValuePair<string, ulong>> WriteOperations { get; init; } = [];

    /// <summary>Bytes of huge pages by page size (<c>2MB</c>).</summary>
    public IReadOnlyList<KeyValuePair<string, ulong>> HugePages { get; init; } = [];

    /// <summary>Device rules, in order; empty leaves devices as they are.</summary>
    public IReadOnlyList<CgroupDeviceRule> Devices { get; init; } = [];

    /// <summary>Files of version 2 and their contents, written after everything else.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Unified { get; init; } = [];
}
