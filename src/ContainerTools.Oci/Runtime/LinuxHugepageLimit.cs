namespace ContainerTools.Oci.Runtime;

/// <summary>Limit of huge pages of one size.</summary>
public sealed class LinuxHugepageLimit
{
    /// <summary>Size as <c>2MB</c> or <c>64KB</c>.</summary>
    public string PageSize { get; set; } = "";

    /// <summary>Bytes.</summary>
    public ulong Limit { get; set; }
}
