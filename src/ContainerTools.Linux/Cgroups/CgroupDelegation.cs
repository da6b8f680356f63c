using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Cgroups;

/// <summary>Where in the version 2 tree an ordinary user may make control groups: a subtree that was delegated to him (the kernel's admin-guide/cgroup-v2, "Delegation").</summary>
public static class CgroupDelegation
{
    /// <summary>How an administrator delegates controllers, as a sentence (systemd.resource-control(5), "Delegate=").</summary>
    public const string HowTo = "Under systemd the administrator delegates them with a drop-in, /etc/systemd/system/user@.service.d/delegate.conf with the lines '[Service]' and "
        + "'Delegate=cpu cpuset io memory pids', then 'systemctl daemon-reload'; it holds from the user's next login on ('systemctl restart user@UID' ends what he runs).";

    /// <summary>
    /// The highest group above this process's own that the user may change: under systemd <c>/user.slice/user-1000.slice/user@1000.service</c> for what his service manager has
    /// started. A process can move only within it.
    /// </summary>
    /// <returns>The path below the mount point; null where nothing is delegated.</returns>
    public static string? Find()
    {
        if (CgroupHierarchies.Current.Unified is not { } root || Own() is not { } own)
            return null;
        string? found = null;
        for (var path = own; path.Length > 1; path = Path.GetDirectoryName(path) ?? "/")
        {
            if (!FileCalls.IsWritable(root + path) || !FileCalls.IsWritable($"{root}{path}/cgroup.procs"))
                break;
            found = path;
        }
        return found;
    }

    /// <summary>
    /// Whether this process may make another one in a group, or move there itself: it may write to the nearest group that is above both (the kernel's admin-guide/cgroup-v2, "Delegation
    /// Containment").
    /// </summary>
    /// <param name="path">The group, which need not exist yet, from the mount point.</param>
    public static bool Reaches(string path)
    {
        if (CgroupHierarchies.Current.Unified is not { } root || Own() is not { } own)
            return false;
        var above = own;
        while (above.Length > 1 && path != above && !path.StartsWith(above + "/", StringComparison.Ordinal))
            above = Path.GetDirectoryName(above) ?? "/";
        return FileCalls.IsWritable($"{root}{above.TrimEnd('/')}/cgroup.procs");
    }

    /// <summary>Whether a group lies in a subtree that this user may change, wherever this process is.</summary>
    /// <param name="path">The group, which need not exist yet, from the mount point.</param>
    public static bool Owns(string path)
    {
        if (CgroupHierarchies.Current.Unified is not { } root)
            return false;
        while (path.Length > 1 && !Directory.Exists(root + path))
            path = Path.GetDirectoryName(path) ?? "/";
        return FileCalls.IsWritable($"{root}{path.TrimEnd('/')}/cgroup.procs");
    }

    /// <summary>The controllers that limits can be set with below a group.</summary>
    /// <param name="path">The group, from the mount point.</param>
    public static IReadOnlyList<string> Controllers(string path) => CgroupFile.ReadWords($"{CgroupHierarchies.Current.Unified}{path}/cgroup.controllers");

    private static string? Own()
    {
        // hierarchy-ID:controller-list:cgroup-path, cgroups(7); version 2 has the number 0.
        foreach (var line in File.ReadLines("/proc/self/cgroup"))
        {
            if (line.StartsWith("0::/", StringComparison.Ordinal))
                return line[3..];
        }
        return null;
    }
}
