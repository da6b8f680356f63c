namespace ContainerTools.Runtime.CommandLine;

/// <summary>Who places the container's control group, by the names that other runtimes' <c>--cgroup-manager</c> has.</summary>
internal enum CgroupManager
{
    /// <summary>The document's path is taken as it is.</summary>
    CgroupFs,

    /// <summary>The document's path is <c>slice:prefix:name</c>, and the group lies where systemd has such a scope.</summary>
    Systemd,

    /// <summary>There is no group of the container's own; it stays in the runtime's, without limits.</summary>
    Disabled,
}
