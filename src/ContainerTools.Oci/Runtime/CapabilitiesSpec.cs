namespace ContainerTools.Oci.Runtime;

/// <summary>Capability sets of a process, names as <c>CAP_CHOWN</c> (capabilities(7)).</summary>
public sealed class CapabilitiesSpec
{
    /// <summary>Bounding set.</summary>
    public List<string>? Bounding { get; set; }

    /// <summary>Effective set.</summary>
    public List<string>? Effective { get; set; }

    /// <summary>Inheritable set.</summary>
    public List<string>? Inheritable { get; set; }

    /// <summary>Permitted set.</summary>
    public List<string>? Permitted { get; set; }

    /// <summary>Ambient set.</summary>
    public List<string>? Ambient { get; set; }
}
