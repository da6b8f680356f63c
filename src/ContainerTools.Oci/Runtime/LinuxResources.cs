namespace ContainerTools.Oci.Runtime;

/// <summary>Limits through control groups (runtime-spec config-linux.md, "Control groups").</summary>
public sealed class LinuxResources
{
    /// <summary>Device rules, in order, a later one overriding an earlier.</summary>
    public List<LinuxDeviceRule>? Devices { get; set; }

    /// <summary>Memory limits.</summary>
    public LinuxMemory? Memory { get; set; }

    /// <summary>CPU limits.</summary>
    public LinuxCpu? Cpu { get; set; }

    /// <summary>Limit of tasks.</summary>
    public LinuxPids? Pids { get; set; }

    /// <summary>Block I/O limits.</summary>
    public LinuxBlockIO? BlockIO { get; set; }

    /// <summary>Huge page limits, by page size.</summary>
    public List<LinuxHugepageLimit>? HugepageLimits { get; set; }

    /// <summary>Network class and priorities (v1 only).</summary>
    public LinuxNetworkClass? Network { get; set; }

    /// <summary>RDMA limits, by device.</summary>
    public Dictionary<string, LinuxRdma>? Rdma { get; set; }

    /// <summary>Files of cgroup v2 and their contents, written after everything else.</summary>
    public Dictionary<string, string>? Unified { get; set; }
}
