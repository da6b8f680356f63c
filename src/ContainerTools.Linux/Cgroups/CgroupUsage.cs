namespace ContainerTools.Linux.Cgroups;

/// <summary>What a control group has used and may use, read at one moment. What the machine's controllers do not count is null.</summary>
public sealed record CgroupUsage
{
    /// <summary>Processor time of all its processes, in microseconds.</summary>
    public long? CpuMicroseconds { get; init; }

    /// <summary>The part of it spent in programs, in microseconds.</summary>
    public long? UserMicroseconds { get; init; }

    /// <summary>The part of it spent in the kernel, in microseconds.</summary>
    public long? SystemMicroseconds { get; init; }

    /// <summary>How long its processes had to wait because the CPU limit was used up, in microseconds.</summary>
    public long? ThrottledMicroseconds { get; init; }

    /// <summary>The CPU limit in processors; null for none.</summary>
    public double? CpuLimit { get; init; }

    /// <summary>Bytes that the kernel charges to the group: what its processes have, the file cache, and the kernel's own.</summary>
    public long? MemoryCharged { get; init; }

    /// <summary>The most that was ever charged, in bytes.</summary>
    public long? MemoryPeak { get; init; }

    /// <summary>Bytes of anonymous memory: heaps, stacks.</summary>
    public long? AnonymousMemory { get; init; }

    /// <summary>Bytes of files that are mapped, shared memory included.</summary>
    public long? MappedFiles { get; init; }

    /// <summary>Bytes of file cache.</summary>
    public long? FileCache { get; init; }

    /// <summary>Bytes of file cache that was not used of late, which the kernel takes back first.</summary>
    public long? InactiveFileCache { get; init; }

    /// <summary>Bytes in swap.</summary>
    public long? Swap { get; init; }

    /// <summary>The memory limit in bytes; null for none.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Tasks: processes and threads.</summary>
    public long? Tasks { get; init; }

    /// <summary>How many tasks there may be; null for no limit.</summary>
    public long? TaskLimit { get; init; }

    /// <summary>Bytes read from block devices.</summary>
    public long? BytesRead { get; init; }

    /// <summary>Bytes written to block devices.</summary>
    public long? BytesWritten { get; init; }

    /// <summary>Read requests to block devices.</summary>
    public long? ReadOperations { get; init; }

    /// <summary>Write requests to block devices.</summary>
    public long? WriteOperations { get; init; }
}
