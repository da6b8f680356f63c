namespace ContainerTools.Oci.Runtime;

/// <summary>What config.json says about Linux (runtime-spec config-linux.md).</summary>
public sealed class LinuxSpec
{
    /// <summary>User ids of the user namespace.</summary>
    public List<LinuxIdMapping>? UidMappings { get; set; }

    /// <summary>Group ids of the user namespace.</summary>
    public List<LinuxIdMapping>? GidMappings { get; set; }

    /// <summary>Kernel parameters set inside, as <c>net.ipv4.ip_forward</c>.</summary>
    public Dictionary<string, string>? Sysctl { get; set; }

    /// <summary>Limits, through cgroups.</summary>
    public LinuxResources? Resources { get; set; }

    /// <summary>Path of the control group; absolute is relative to the mount point, otherwise to a place of the runtime's choice.</summary>
    public string? CgroupsPath { get; set; }

    /// <summary>Namespaces made or joined.</summary>
    public List<LinuxNamespace>? Namespaces { get; set; }

    /// <summary>Device nodes made inside, beside the default ones.</summary>
    public List<LinuxDevice>? Devices { get; set; }

    /// <summary>System call filter.</summary>
    public LinuxSeccomp? Seccomp { get; set; }

    /// <summary>Propagation of the root mount: <c>shared</c>, <c>slave</c>, <c>private</c> or <c>unbindable</c>.</summary>
    public string? RootfsPropagation { get; set; }

    /// <summary>Absolute paths made unreadable.</summary>
    public List<string>? MaskedPaths { get; set; }

    /// <summary>Absolute paths made read-only.</summary>
    public List<string>? ReadonlyPaths { get; set; }

    /// <summary>SELinux context of the mounts.</summary>
    public string? MountLabel { get; set; }

    /// <summary>Intel resource director settings.</summary>
    public LinuxIntelRdt? IntelRdt { get; set; }

    /// <summary>Execution domain (personality(2)).</summary>
    public LinuxPersonality? Personality { get; set; }

    /// <summary>Offsets of the time namespace, by clock: <c>monotonic</c>, <c>boottime</c>.</summary>
    public Dictionary<string, LinuxTimeOffset>? TimeOffsets { get; set; }
}
