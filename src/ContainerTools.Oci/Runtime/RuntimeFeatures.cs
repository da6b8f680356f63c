namespace ContainerTools.Oci.Runtime;

/// <summary>What a runtime can do, as <c>features</c> prints it (runtime-spec features.md).</summary>
public sealed class RuntimeFeatures
{
    /// <summary>Lowest version understood.</summary>
    public string OciVersionMin { get; set; } = "";

    /// <summary>Highest version understood.</summary>
    public string OciVersionMax { get; set; } = "";

    /// <summary>Hooks known.</summary>
    public List<string>? Hooks { get; set; }

    /// <summary>Mount options known.</summary>
    public List<string>? MountOptions { get; set; }

    /// <summary>What is particular to Linux.</summary>
    public LinuxFeatures? Linux { get; set; }

    /// <summary>Free metadata, versions for instance.</summary>
    public Dictionary<string, string>? Annotations { get; set; }

    /// <summary>Annotations that may change the runtime's behaviour; a trailing dot makes it a prefix.</summary>
    public List<string>? PotentiallyUnsafeConfigAnnotations { get; set; }
}
