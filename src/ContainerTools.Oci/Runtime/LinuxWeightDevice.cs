namespace ContainerTools.Oci.Runtime;

/// <summary>Weight of a block device.</summary>
public sealed class LinuxWeightDevice
{
    /// <summary>Major number.</summary>
    public long Major { get; set; }

    /// <summary>Minor number.</summary>
    public long Minor { get; set; }

    /// <summary>Weight, 10 to 1000.</summary>
    public ushort? Weight { get; set; }

    /// <summary>Weight against child groups (v1).</summary>
    public ushort? LeafWeight { get; set; }
}
