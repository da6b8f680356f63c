using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>The mounts of a document: what the runtime opens, and the steps that attach or make them.</summary>
internal sealed class MountSteps
{
    private readonly List<(MountSpec Mount, MountOptions Options, int Bind)> _mounts = [];

    public MountSteps(RuntimeSpec spec, string bundle)
    {
        foreach (var mount in spec.Mounts ?? [])
        {
            if (mount.Destination.Length == 0)
                throw NamespacePlan.Invalid("a mount has no destination");
            var options = MountOptions.Read(mount);
            if (options.IsBind)
                Binds.Add(new BindMount(mount, options, bundle));
            else if (options.Data.Exists(data => data.Key == "tmpcopyup"))
                throw NamespacePlan.Invalid($"the mount at '{mount.Destination}' has the option 'tmpcopyup', which this runtime does not have");
            _mounts.Add((mount, options, options.IsBind ? Binds.Count - 1 : -1));
        }
    }

    /// <summary>The bind mounts, in the order their descriptors are sent.</summary>
    public List<BindMount> Binds { get; } = [];

    /// <summary>Adds the steps.</summary>
    /// <param name="steps">The table.</param>
    /// <param name="descriptors">Offset in its data of the bind mounts' descriptors.</param>
    /// <param name="devices">Adds the steps that fill /dev; called where that belongs.</param>
    public void Add(ChildSteps steps, int descriptors, Action devices)
    {
        var devicesAdded = false;
        foreach (var (mount, options, bind) in _mounts)
        {
            var destination = "/" + ChildSteps.Relative(mount.Destination);
            if (bind >= 0)
            {
                var target = Binds[bind].IsDirectory ? steps.MakeDirectory(destination) : steps.MakeFile(destination);
                steps.Attach(CallArgument.ContentOf(descriptors + bind * 4), target, destination);
                // A /dev of the host has what it has.
                devicesAdded |= destination == "/dev";
                continue;
            }
            AddNew(steps, mount, options, destination);
            if (destination == "/dev" && !devicesAdded)
            {
                devices();
                devicesAdded = true;
            }
        }
        if (!devicesAdded)
            devices();
        foreach (var (_, options, _) in _mounts.Where(item => item.Bind < 0 && item.Mount.Destination.TrimEnd('/') == "/dev" && (item.Options.Set & MountAttributes.ReadOnly) != 0))
            steps.SetAttributes(steps.Open("/dev"), "/dev", (ulong)(options.Set & MountAttributes.ReadOnly));
    }

    private static void AddNew(ChildSteps steps, MountSpec mount, MountOptions options, string destination)
    {
        var type = mount.Type ?? throw NamespacePlan.Invalid($"the mount at '{mount.Destination}' has neither a type nor the option 'bind'");
        // An image could have a link at /proc or /sys, so that what is written there later goes elsewhere.
        var target = steps.MakeDirectory(destination, symbolicLinks: type is not ("proc" or "sysfs"));
        var attributes = options.Set;
        if (type is "cgroup" or "cgroup2")
        {
            AddCgroups(steps, target, destination, (ulong)attributes);
            return;
        }
        // Filled first, made read-only at the end.
        if (destination == "/dev")
            attributes &= ~MountAttributes.ReadOnly;
        var made = steps.NewMount(type, "at " + destination, mount.Source, options.Data, (ulong)attributes);
        steps.Attach(made, target, destination);
        if (options.Propagation != MountPropagation.Unchanged)
            steps.SetAttributes(made, destination, 0, propagation: (ulong)options.Propagation);
    }

    // The namespace's own view: each hierarchy begins at the container's group.
    private static void AddCgroups(ChildSteps steps, CallStep target, string destination, ulong attributes)
    {
        var hierarchies = CgroupHierarchies.Current;
        if (hierarchies.V1.Count == 0)
        {
            if (hierarchies.Unified is not null)
                steps.Attach(steps.NewMount("cgroup2", "at " + destination, "cgroup", [], attributes), target, destination);
            return;
        }
        const ulong ReadOnly = (ulong)MountAttributes.ReadOnly;
        var directory = steps.NewMount("tmpfs", "at " + destination, "tmpfs", [("mode", "755")], attributes & ~ReadOnly);
        steps.Attach(directory, target, destination);
        foreach (var hierarchy in hierarchies.V1.GroupBy(pair => pair.Value, pair => pair.Key).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var name = Path.GetFileName(hierarchy.Key);
            var made = steps.NewMount("cgroup", $"at {destination}/{name}", "cgroup", hierarchy.Select(controller => (controller, (string?)null)), attributes);
            steps.Attach(made, steps.MakeDirectory(destination + "/" + name), name);
            foreach (var controller in hierarchy.Where(controller => controller != name))
                steps.Table.Add("symlink", controller, SystemCalls.Symlinkat, steps.Table.Text(name), directory, steps.Table.Text(controller));
        }
        if (hierarchies.Unified is not null)
            steps.Attach(steps.NewMount("cgroup2", $"at {destination}/unified", "cgroup", [], attributes), steps.MakeDirectory(destination + "/unified"), "unified");
        if ((attributes & ReadOnly) != 0)
            steps.SetAttributes(directory, destination, ReadOnly);
    }
}
