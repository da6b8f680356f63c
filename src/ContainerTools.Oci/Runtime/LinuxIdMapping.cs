namespace ContainerTools.Oci.Runtime;

/// <summary>One line of an id map (user_namespaces(7)).</summary>
public sealed class LinuxIdMapping
{
    /// <summary>First id inside.</summary>
    public uint ContainerID { get; set; }

    /// <summary>First id outside.</summary>
    public uint HostID { get; set; }

    /// <summary>Number of ids.</summary>
    public uint Size { get; set; }
}
