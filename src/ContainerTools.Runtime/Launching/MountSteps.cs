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
            else if (options.IsCopiedUp)
                throw NamespacePlan.Invalid($"the mount at '{mount.Destination}' has the option 'tmpcopyup', which this runtime does not have");
            _mounts.Add((mount, options, options.IsBind ? Binds.Count - 1 : -1));
        }
    }

    /// <summary>The bind mounts, in the order their descriptors are sent.</summary>
    public List<BindMount> Binds { get; } = [];

    /// <summary>Adds the steps.</summary>
    /// <param name="steps">The table.</param>
    /// <param name="descriptors">Offset in its data of the bind mounts' descriptors.</param>
    /// <param name="cgroupPath">The container's control group where it has no cgroup namespace of its own, which would begin there; otherwise null.</param>
    /// <param name="devices">Adds the steps that fill /dev; called where that belongs.</param>
    public void Add(ChildSteps steps, int descriptors, string? cgroupPath, Action devices)
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
            AddNew(steps, mount, options, destination, cgroupPath);
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

    private static void AddNew(ChildSteps steps, MountSpec mount, MountOptions options, string destination, string? cgroupPath)
    {
        var type = mount.Type ?? throw NamespacePlan.Invalid($"the mount at '{mount.Destination}' has neither a type nor the option 'bind'");
        // An image could have a link at /proc or /sys, so that what is written there later goes elsewhere.
        var target = steps.MakeDirectory(destination, symbolicLinks: type is not ("proc" or "sysfs"));
        var attributes = options.Set;
        if (type is "cgroup" or "cgroup2")
        {
            CgroupMounts.Add(steps, target, destination, (ulong)attributes, cgroupPath);
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
}
