namespace ContainerTools.Linux.Cgroups;

/// <summary>How a machine's control groups are laid out (cgroups(7)).</summary>
public enum CgroupVersion
{
    /// <summary>None is mounted.</summary>
    None,

    /// <summary>Controllers in version 1 hierarchies.</summary>
    V1,

    /// <summary>One version 2 hierarchy with all controllers.</summary>
    V2,

    /// <summary>Controllers in version 1 hierarchies, and a version 2 hierarchy without controllers beside them.</summary>
    Hybrid,
}
