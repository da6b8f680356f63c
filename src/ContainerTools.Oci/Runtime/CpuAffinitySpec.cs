namespace ContainerTools.Oci.Runtime;

/// <summary>CPU affinity of processes started by exec, lists as <c>0-3,7</c>.</summary>
public sealed class CpuAffinitySpec
{
    /// <summary>Affinity while the runtime prepares the process, before it joins the container's cgroup.</summary>
    public string? Initial { get; set; }

    /// <summary>Affinity of the process itself.</summary>
    public string? Final { get; set; }
}
