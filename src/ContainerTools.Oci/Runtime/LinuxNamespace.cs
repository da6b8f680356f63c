namespace ContainerTools.Oci.Runtime;

/// <summary>A namespace that is made, or joined when it has a path.</summary>
public sealed class LinuxNamespace
{
    /// <summary><c>pid</c>, <c>network</c>, <c>mount</c>, <c>ipc</c>, <c>uts</c>, <c>user</c>, <c>cgroup</c> or <c>time</c>.</summary>
    public string Type { get; set; } = "";

    /// <summary>File of an existing namespace to join, such as <c>/proc/42/ns/net</c>.</summary>
    public string? Path { get; set; }
}
