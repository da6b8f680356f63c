using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Cgroups;

/// <summary>Where in the version 2 tree an ordinary user may make control groups: a subtree that was delegated to him (the kernel's admin-guide/cgroup-v2, "Delegation").</summary>
public static class CgroupDelegation
{
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
