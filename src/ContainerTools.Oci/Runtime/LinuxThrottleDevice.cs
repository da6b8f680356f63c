namespace ContainerTools.Oci.Runtime;

/// <summary>Rate limit of a block device.</summary>
public sealed class LinuxThrottleDevice
{
    /// <summary>Major number.</summary>
    public long Major { get; set; }

    /// <summary>Minor number.</summary>
    public long Minor { get; set; }

    /// <summary>Bytes or operations per second.</summary>
    public ulong Rate { get; set; }
}
