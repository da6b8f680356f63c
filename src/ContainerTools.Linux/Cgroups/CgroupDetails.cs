namespace ContainerTools.Linux.Cgroups;

/// <summary>What the kernel tells of a control group beyond <see cref="CgroupUsage"/>: by processor, by kind of memory, by page size, by device.</summary>
public sealed record CgroupDetails
{
    /// <summary>Processor time by processor, in nanoseconds (version 1).</summary>
    public IReadOnlyList<long> CpuNanoseconds { get; init; } = [];

    /// <summary>Periods of the CPU limit that have passed while the group was runnable.</summary>
    public long? Periods { get; init; }

    /// <summary>Those of them in which the group had to wait.</summary>
    public long? ThrottledPeriods { get; init; }

    /// <summary>The processors that it may use, as <c>0-3,7</c>; null where that is not limited.</summary>
    public string? CpuSet { get; init; }

    /// <summary>The memory nodes that it may use.</summary>
    public string? MemoryNodes { get; init; }

    /// <summary>How often the memory limit was reached.</summary>
    public long? MemoryFailures { get; init; }

    /// <summary>Swap in version 2, memory and swap together in version 1.</summary>
    public CgroupCounter? Swap { get; init; }

    /// <summary>The kernel's own memory (version 1).</summary>
    public CgroupCounter? Kernel { get; init; }

    /// <summary>TCP buffers (version 1).</summary>
    public CgroupCounter? KernelTcp { get; init; }

    /// <summary>All that memory.stat has, in the kernel's names.</summary>
    public IReadOnlyDictionary<string, long> MemoryStatistics { get; init; } = new Dictionary<string, long>();

    /// <summary>Huge pages by page size (<c>2MB</c>).</summary>
    public IReadOnlyDictionary<string, CgroupCounter> HugePages { get; init; } = new Dictionary<string, CgroupCounter>();

    /// <summary>Bytes by block device.</summary>
    public IReadOnlyList<CgroupBlockCounter> BlockBytes { get; init; } = [];

    /// <summary>Requests by block device.</summary>
    public IReadOnlyList<CgroupBlockCounter> BlockOperations { get; init; } = [];
}
