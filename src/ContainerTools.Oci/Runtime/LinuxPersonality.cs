namespace ContainerTools.Oci.Runtime;

/// <summary>Execution domain (personality(2)).</summary>
public sealed class LinuxPersonality
{
    /// <summary><c>LINUX</c> or <c>LINUX32</c>.</summary>
    public string Domain { get; set; } = "";

    /// <summary>Flags; none are defined by the specification yet.</summary>
    public List<string>? Flags { get; set; }
}
