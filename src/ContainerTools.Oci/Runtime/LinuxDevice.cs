namespace ContainerTools.Oci.Runtime;

/// <summary>A device node made inside the container.</summary>
public sealed class LinuxDevice
{
    /// <summary><c>c</c> or <c>u</c> (character), <c>b</c> (block) or <c>p</c> (fifo).</summary>
    public string Type { get; set; } = "";

    /// <summary>Absolute path inside.</summary>
    public string Path { get; set; } = "";

    /// <summary>Major number; required but for fifos.</summary>
    public long? Major { get; set; }

    /// <summary>Minor number; required but for fifos.</summary>
    public long? Minor { get; set; }

    /// <summary>Permission bits (decimal in the document), 0666 when absent.</summary>
    public uint? FileMode { get; set; }

    /// <summary>Owner as seen inside.</summary>
    public uint? Uid { get; set; }

    /// <summary>Group as seen inside.</summary>
    public uint? Gid { get; set; }
}
