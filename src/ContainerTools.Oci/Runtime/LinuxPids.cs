namespace ContainerTools.Oci.Runtime;

/// <summary>Limit of tasks.</summary>
public sealed class LinuxPids
{
    /// <summary>Highest number of tasks; zero or less is unlimited.</summary>
    public long? Limit { get; set; }
}
