namespace ContainerTools;

/// <summary>
/// What a container uses of the machine. What the machine does not count (a control group controller that is not there) is null, as is a limit that is not set.
/// </summary>
public sealed class ContainerStatistics
{
    /// <summary>The container's name.</summary>
    public string Container { get; init; } = "";

    /// <summary>The container's id.</summary>
    public string ContainerId { get; init; } = "";

    /// <summary>When it was measured.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Processor use between two measurements, in percent of one processor: 150 is one and a half processors.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Processor time since its start.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>The part of the processor time that was spent in programs.</summary>
    public TimeSpan? UserTime { get; init; }

    /// <summary>The part of the processor time that was spent in the kernel.</summary>
    public TimeSpan? SystemTime { get; init; }

    /// <summary>How long it was held back because its CPU limit was used up.</summary>
    public TimeSpan? ThrottledTime { get; init; }

    /// <summary>The CPU limit, in processors.</summary>
    public double? CpuLimit { get; init; }

    /// <summary>Bytes of memory that its processes have resident: anonymous memory and mapped files, each page once.</summary>
    public long? MemoryWorkingSet { get; init; }

    /// <summary>Bytes as <c>docker stats</c> shows them: what the kernel charges, less the file cache that was not used of late.</summary>
    public long? MemoryUsage { get; init; }

    /// <summary>Bytes that the kernel charges to it and that count against the limit: with all file cache and the kernel's own structures.</summary>
    public long? MemoryCharged { get; init; }

    /// <summary>Bytes of file cache.</summary>
    public long? MemoryCache { get; init; }

    /// <summary>The most bytes that were ever charged.</summary>
    public long? MemoryPeak { get; init; }

    /// <summary>Bytes in swap.</summary>
    public long? MemorySwap { get; init; }

    /// <summary>The memory limit in bytes.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary><see cref="MemoryUsage"/> in percent of the limit, or of the machine's memory where there is none.</summary>
    public double? MemoryPercent { get; init; }

    /// <summary>Processes and threads.</summary>
    public long? Pids { get; init; }

    /// <summary>How many processes and threads it may have.</summary>
    public long? PidsLimit { get; init; }

    /// <summary>Bytes read from block devices.</summary>
    public long? BlockRead { get; init; }

    /// <summary>Bytes written to block devices.</summary>
    public long? BlockWritten { get; init; }

    /// <summary>Read requests to block devices.</summary>
    public long? BlockReadOperations { get; init; }

    /// <summary>Write requests to block devices.</summary>
    public long? BlockWriteOperations { get; init; }

    /// <summary>Bytes received on its network interfaces but the loopback; null on the host's network.</summary>
    public long? NetworkReceived { get; init; }

    /// <summary>Bytes sent on its network interfaces but the loopback; null on the host's network.</summary>
    public long? NetworkSent { get; init; }

    /// <summary>The name.</summary>
    public override string ToString() => Container;
}
