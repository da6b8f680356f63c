namespace ContainerTools.Oci.Runtime;

/// <summary>The configuration of one container: config.json of an OCI bundle (runtime-spec 1.2, config.md), with what applies to Linux. Members that the type does not know are ignored when read.</summary>
public sealed class RuntimeSpec
{
    /// <summary>Version of the specification that the document follows, such as <c>1.2.0</c>.</summary>
    public string OciVersion { get; set; } = "";

    /// <summary>The root file system. Required on Linux.</summary>
    public RootSpec? Root { get; set; }

    /// <summary>Further mounts, made in the order listed.</summary>
    public List<MountSpec>? Mounts { get; set; }

    /// <summary>The container's process. Required by <c>start</c>.</summary>
    public ProcessSpec? Process { get; set; }

    /// <summary>Host name seen inside; needs a UTS namespace.</summary>
    public string? Hostname { get; set; }

    /// <summary>NIS domain name seen inside; needs a UTS namespace.</summary>
    public string? Domainname { get; set; }

    /// <summary>Commands run at points of the container's life.</summary>
    public HooksSpec? Hooks { get; set; }

    /// <summary>Free metadata; <c>containertools.*</c> keys are this product's own.</summary>
    public Dictionary<string, string>? Annotations { get; set; }

    /// <summary>What is particular to Linux.</summary>
    public LinuxSpec? Linux { get; set; }
}
