namespace ContainerTools.Oci.Runtime;

/// <summary>Intel resource director technology (resctrl).</summary>
public sealed class LinuxIntelRdt
{
    /// <summary>Name of the group under resctrl; the container's id when absent.</summary>
    public string? ClosID { get; set; }

    /// <summary>Schema line for the L3 cache.</summary>
    public string? L3CacheSchema { get; set; }

    /// <summary>Schema line for the memory bandwidth.</summary>
    public string? MemBwSchema { get; set; }

    /// <summary>Whether cache monitoring is on.</summary>
    public bool? EnableCMT { get; set; }

    /// <summary>Whether memory bandwidth monitoring is on.</summary>
    public bool? EnableMBM { get; set; }
}
