namespace ContainerTools.Oci.Runtime;

/// <summary>Priority of traffic on an interface.</summary>
public sealed class LinuxInterfacePriority
{
    /// <summary>Interface.</summary>
    public string Name { get; set; } = "";

    /// <summary>Priority.</summary>
    public uint Priority { get; set; }
}
