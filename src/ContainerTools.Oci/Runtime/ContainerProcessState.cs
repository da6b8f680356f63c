namespace ContainerTools.Oci.Runtime;

/// <summary>What a seccomp listener receives with its descriptors (runtime-spec config-linux.md, "The Container Process State").</summary>
public sealed class ContainerProcessState
{
    /// <summary>Version of the specification.</summary>
    public string OciVersion { get; set; } = "";

    /// <summary>Names of the descriptors sent along, in their order.</summary>
    public List<string> Fds { get; set; } = [];

    /// <summary>Process id as seen by the runtime.</summary>
    public int Pid { get; set; }

    /// <summary>The filter's <c>listenerMetadata</c>.</summary>
    public string? Metadata { get; set; }

    /// <summary>State of the container.</summary>
    public RuntimeState State { get; set; } = new();
}
