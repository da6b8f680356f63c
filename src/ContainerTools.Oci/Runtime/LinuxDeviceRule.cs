namespace ContainerTools.Oci.Runtime;

/// <summary>One rule of the device cgroup.</summary>
public sealed class LinuxDeviceRule
{
    /// <summary>Whether access is allowed.</summary>
    public bool Allow { get; set; }

    /// <summary><c>a</c> (all, also when absent), <c>c</c> or <c>b</c>.</summary>
    public string? Type { get; set; }

    /// <summary>Major number; absent or -1 is any.</summary>
    public long? Major { get; set; }

    /// <summary>Minor number; absent or -1 is any.</summary>
    public long? Minor { get; set; }

    /// <summary>Letters out of <c>r</c>, <c>w</c> and <c>m</c> (mknod); all when absent.</summary>
    public string? Access { get; set; }
}
