namespace ContainerTools.Oci.Runtime;

/// <summary>Control group features.</summary>
public sealed class CgroupFeatures
{
    /// <summary>cgroup v1.</summary>
    public bool? V1 { get; set; }

    /// <summary>cgroup v2.</summary>
    public bool? V2 { get; set; }

    /// <summary>Through systemd.</summary>
    public bool? Systemd { get; set; }

    /// <summary>Through a user's systemd.</summary>
    public bool? SystemdUser { get; set; }

    /// <summary>RDMA controller.</summary>
    public bool? Rdma { get; set; }
}
