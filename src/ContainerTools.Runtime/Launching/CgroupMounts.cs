using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>The steps of a mount of type <c>cgroup</c>: the machine's hierarchies, each from the container's own group down.</summary>
internal static class CgroupMounts
{
    private const ulong ReadOnly = (ulong)MountAttributes.ReadOnly;

    /// <summary>Adds them.</summary>
    /// <param name="steps">The table.</param>
    /// <param name="target">Where they are mounted.</param>
    /// <param name="destination">The same as a path.</param>
    /// <param name="attributes">The mount's.</param>
    /// <param name="cgroupPath">The container's group, whose directories are bound; null where a cgroup namespace begins there; empty where it has none.</param>
    public static void Add(ChildSteps steps, CallStep target, string destination, ulong attributes, string? cgroupPath)
    {
        var hierarchies = CgroupHierarchies.Current;
        // Without a group of its own it would have everybody's.
        if (cgroupPath is { Length: 0 })
            attributes |= ReadOnly;
        if (hierarchies.V1.Count == 0)
        {
            if (hierarchies.Unified is { } root)
                steps.Attach(Hierarchy(steps, "cgroup2", destination, root, [], attributes, cgroupPath), target, destination);
            return;
        }
        var directory = steps.NewMount("tmpfs", "at " + destination, "tmpfs", [("mode", "755")], attributes & ~ReadOnly);
        steps.Attach(directory, target, destination);
        var byRoot = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (controller, root) in hierarchies.V1)
        {
            if (!byRoot.TryGetValue(root, out var controllers))
                byRoot.Add(root, controllers = []);
            controllers.Add(controller);
        }
        foreach (var (root, controllers) in byRoot)
        {
            var name = Path.GetFileName(root);
            var made = Hierarchy(steps, "cgroup", $"{destination}/{name}", root, controllers, attributes, cgroupPath);
            steps.Attach(made, steps.AddDirectory(directory, name), name);
            foreach (var controller in controllers)
            {
                if (controller != name && !CgroupHierarchies.IsName(controller))
                    steps.Table.Add("symlink", controller, SystemCalls.Symlinkat, steps.Table.Text(name), directory, steps.Table.Text(controller));
            }
        }
        if (hierarchies.Unified is { } unified)
            steps.Attach(Hierarchy(steps, "cgroup2", destination + "/unified", unified, [], attributes, cgroupPath), steps.AddDirectory(directory, "unified"), "unified");
        if ((attributes & ReadOnly) != 0)
            steps.SetAttributes(directory, destination, ReadOnly);
    }

    /// <summary>Whether a container can write to its groups where it sees them.</summary>
    public static bool AreWritable(RuntimeSpec spec)
    {
        foreach (var mount in spec.Mounts ?? [])
        {
            if (mount.Type is "cgroup" or "cgroup2" && mount.Options?.Contains("ro") != true && mount.Options?.Contains("rro") != true)
                return true;
        }
        return false;
    }

    private static CallStep Hierarchy(ChildSteps steps, string type, string destination, string root, IEnumerable<string> controllers, ulong attributes, string? cgroupPath)
    {
        if (cgroupPath is null)
            return steps.NewMount(type, "at " + destination, "cgroup", Options(controllers), attributes);
        // The host's root is still this process's.
        var made = steps.CloneHost((root + "/" + cgroupPath.Trim('/')).TrimEnd('/'));
        steps.SetAttributes(made, destination, attributes);
        return made;
    }

    private static List<(string Key, string? Value)> Options(IEnumerable<string> controllers)
    {
        var options = new List<(string, string?)>();
        foreach (var controller in controllers)
        {
            if (CgroupHierarchies.IsName(controller))
                options.AddRange([("none", null), ("name", controller["name=".Length..])]);
            else
                options.Add((controller, null));
        }
        return options;
    }
}
