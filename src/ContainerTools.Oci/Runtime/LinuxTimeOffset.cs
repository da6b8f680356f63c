namespace ContainerTools.Oci.Runtime;

/// <summary>Offset of a clock in a time namespace.</summary>
public sealed class LinuxTimeOffset
{
    /// <summary>Seconds.</summary>
    public long Secs { get; set; }

    /// <summary>Nanoseconds, added to the seconds.</summary>
    public uint Nanosecs { get; set; }
}
