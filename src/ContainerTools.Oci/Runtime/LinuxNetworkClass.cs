namespace ContainerTools.Oci.Runtime;

/// <summary>Network class and priorities (v1's net_cls and net_prio).</summary>
public sealed class LinuxNetworkClass
{
    /// <summary>Class id for packets.</summary>
    public uint? ClassID { get; set; }

    /// <summary>Priorities by interface.</summary>
    public List<LinuxInterfacePriority>? Priorities { get; set; }
}
