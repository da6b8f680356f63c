namespace ContainerTools.Engine.Containers;

/// <summary>What is changed of a container that exists; null leaves it as it is.</summary>
public sealed class ContainerChanges
{
    /// <summary>Memory limit in bytes, at least 6 MiB; 0 or -1 for none.</summary>
    public long? Memory { get; set; }

    /// <summary>Limit of memory and swap together in bytes; -1 for unlimited swap, 0 for the default.</summary>
    public long? MemorySwap { get; set; }

    /// <summary>Processor time in processors; 0 for no limit.</summary>
    public double? Cpus { get; set; }

    /// <summary>Processors that may be used, as <c>0-2,4</c>; empty for all.</summary>
    public string? CpuSet { get; set; }

    /// <summary>Limit on processes and threads; 0 or -1 for none.</summary>
    public long? PidsLimit { get; set; }

    /// <summary>Signal that asks it to stop.</summary>
    public string? StopSignal { get; set; }

    /// <summary>How long a stop waits before it kills.</summary>
    public TimeSpan? StopTimeout { get; set; }

    /// <summary>Whether it is started again when it has ended. It counts from its next end on, also for one that runs.</summary>
    public RestartPolicy? RestartPolicy { get; set; }

    /// <summary>Whether limits are among the changes.</summary>
    internal bool HasLimits => Memory is not null || MemorySwap is not null || Cpus is not null || CpuSet is not null || PidsLimit is not null;
}
