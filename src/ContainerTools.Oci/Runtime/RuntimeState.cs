namespace ContainerTools.Oci.Runtime;

/// <summary>State of a container, as <c>state</c> prints it and hooks receive it (runtime-spec runtime.md, "State").</summary>
public sealed class RuntimeState
{
    /// <summary>Version of the specification.</summary>
    public string OciVersion { get; set; } = "";

    /// <summary>Id of the container.</summary>
    public string Id { get; set; } = "";

    /// <summary><c>creating</c>, <c>created</c>, <c>running</c> or <c>stopped</c>; also <c>paused</c>, an extension that all runtimes share.</summary>
    public string Status { get; set; } = "";

    /// <summary>Process id on the host, when there is a process.</summary>
    public int? Pid { get; set; }

    /// <summary>Absolute path of the bundle.</summary>
    public string Bundle { get; set; } = "";

    /// <summary>Annotations of the container.</summary>
    public Dictionary<string, string>? Annotations { get; set; }
}
