namespace ContainerTools.Oci.Runtime;

/// <summary>RDMA limits of a device.</summary>
public sealed class LinuxRdma
{
    /// <summary>Highest number of handles.</summary>
    public uint? HcaHandles { get; set; }

    /// <summary>Highest number of objects.</summary>
    public uint? HcaObjects { get; set; }
}
