namespace ContainerTools.Oci.Runtime;

/// <summary>One mount inside the container (runtime-spec config.md, "Mounts").</summary>
public sealed class MountSpec
{
    /// <summary>Absolute path inside the container.</summary>
    public string Destination { get; set; } = "";

    /// <summary>File system type; <c>bind</c> (or none, with a <c>bind</c> option) for a bind mount.</summary>
    public string? Type { get; set; }

    /// <summary>Device, directory or file; for bind mounts absolute or relative to the bundle.</summary>
    public string? Source { get; set; }

    /// <summary>Options as in fstab(5), with the additions of the specification (<c>rro</c>, <c>idmap</c>, <c>ridmap</c>, <c>tmpcopyup</c>, ...).</summary>
    public List<string>? Options { get; set; }

    /// <summary>User ids of an idmapped mount; together with <see cref="GidMappings"/>. Without them <c>idmap</c> means the container's own map.</summary>
    public List<LinuxIdMapping>? UidMappings { get; set; }

    /// <summary>Group ids of an idmapped mount.</summary>
    public List<LinuxIdMapping>? GidMappings { get; set; }
}
