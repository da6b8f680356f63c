using ContainerTools.Linux;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>The mounts of a document: what the runtime opens, and the steps that attach or make them.</summary>
internal sealed class MountSteps
{
    private readonly List<Item> _mounts = [];

    public MountSteps(RuntimeSpec spec, string bundle, NamespacePlan namespaces)
    {
        var label = MountLabel(spec);
        foreach (var mount in spec.Mounts ?? [])
        {
            if (mount.Destination.Length == 0)
                throw NamespacePlan.Invalid("a mount has no destination");
            var options = MountOptions.Read(mount);
            Check(mount, options);
            if (options.IsRemount || !options.IsBind)
            {
                if (label is not null && mount.Type is "tmpfs" or "ramfs" or "devpts" or "mqueue")
                    options.Data.Add(("context", label));
                _mounts.Add(new Item(mount, options, null, -1));
                continue;
            }
            var bind = new BindMount(mount, options, bundle, namespaces);
            // Without a user namespace the container's process can open it as well as this one, except that what it opens no longer shares with the host.
            // And where this process may not, that one has to.
            var sent = OwnCapabilities.CanAdministrate && (namespaces.HasUser || namespaces.MountPath is not null || options.IsIdMapped || ForeignMounts.Is(mount));
            if (!OwnCapabilities.CanAdministrate && (options.IsIdMapped || ForeignMounts.Is(mount)))
                throw NamespacePlan.Invalid($"the mount at '{mount.Destination}' has mapped ids, layers or another container's files, which only root can mount");
            _mounts.Add(new Item(mount, options, bind, sent ? Sent.Count : -1));
            if (sent)
                Sent.Add(bind);
            else if (options.Propagation == MountPropagation.Shared && OwnCapabilities.CanAdministrate)
                Requested.Enqueue(bind);
        }
    }

    /// <summary>The bind mounts that the runtime opens, in the order their descriptors are sent.</summary>
    public List<BindMount> Sent { get; } = [];

    /// <summary>
    /// The bind mounts that the runtime opens when the process asks for the next: shared ones, among others that the process opens itself. The kernel lists mounts by
    /// when they were opened, so they are not opened with those that are sent beforehand, or the list would not have the document's order.
    /// </summary>
    public Queue<BindMount> Requested { get; } = [];

    /// <summary>The root file system's directory, where the container's process has to open it itself: this one is an ordinary user's, who may not; or null.</summary>
    public string? OwnRoot { get; init; }

    /// <summary>Whether one gets its content from what it covers.</summary>
    public bool CopiesUp => _mounts.Exists(item => item.Options.IsCopiedUp);

    /// <summary>Adds the steps.</summary>
    /// <param name="steps">The table.</param>
    /// <param name="layout">The process's descriptors.</param>
    /// <param name="descriptors">Offset in its data of the bind mounts' descriptors.</param>
    /// <param name="cgroupPath">The container's control group where it has no cgroup namespace of its own, which would begin there; otherwise null.</param>
    /// <param name="devices">Adds the steps that fill /dev; called where that belongs.</param>
    public void Add(ChildSteps steps, DescriptorLayout layout, int descriptors, string? cgroupPath, Action devices)
    {
        var devicesAdded = false;
        foreach (var (mount, options, bind, sent) in _mounts)
        {
            var destination = "/" + ChildSteps.Relative(mount.Destination);
            if (destination == "/.")
                destination = "/";
            if (options.IsRemount)
            {
                steps.SetAttributes(steps.Open(destination, symbolicLinks: false), destination, (ulong)options.Set, (ulong)options.Clear);
                if (options.RecursiveSet != 0 || options.RecursiveClear != 0)
                    steps.SetAttributes(steps.Open(destination, symbolicLinks: false), destination, (ulong)options.RecursiveSet, (ulong)options.RecursiveClear, recursive: true);
                continue;
            }
            if (bind is not null)
            {
                var target = bind.IsDirectory ? steps.MakeDirectory(destination) : steps.MakeFile(destination);
                if (sent >= 0)
                    steps.Attach(CallArgument.ContentOf(descriptors + sent * 4), target, destination);
                else if (Requested.Contains(bind))
                    steps.Attach(AddRequest(steps.Table, layout), target, destination);
                else
                    steps.Attach(bind.AddOpening(steps, destination), target, destination);
                // A /dev of the host has what it has.
                devicesAdded |= destination == "/dev";
                continue;
            }
            AddNew(steps, layout, mount, options, destination, cgroupPath);
            if (destination == "/dev" && !devicesAdded)
            {
                devices();
                devicesAdded = true;
            }
        }
        if (!devicesAdded)
            devices();
        foreach (var item in _mounts)
        {
            if (item.Bind is null && !item.Options.IsRemount && item.Mount.Destination.TrimEnd('/') == "/dev" && (item.Options.Set & MountAttributes.ReadOnly) != 0)
                steps.SetAttributes(steps.Open("/dev"), "/dev", (ulong)(item.Options.Set & MountAttributes.ReadOnly));
        }
    }

    private static void Check(MountSpec mount, MountOptions options)
    {
        if (options.IsCopiedUp && mount.Type != "tmpfs")
            throw NamespacePlan.Invalid($"the mount at '{mount.Destination}' has the option 'tmpcopyup', but is no tmpfs");
        if (options.IsIdMapped && !options.IsBind)
            throw NamespacePlan.Invalid($"the mount at '{mount.Destination}' has mapped ids, which this runtime makes for bind mounts only");
        if (mount.UidMappings is { Count: > 0 } != mount.GidMappings is { Count: > 0 })
            throw NamespacePlan.Invalid($"the mount at '{mount.Destination}' has only one of uidMappings and gidMappings");
    }

    // A label on a file system protects only where SELinux looks at it; elsewhere there is nothing to label.
    public static string? MountLabel(RuntimeSpec spec) =>
        spec.Linux?.MountLabel is { Length: > 0 } label && KernelFeatures.SecurityModules.Contains("selinux") ? label : null;

    private static void AddNew(ChildSteps steps, DescriptorLayout layout, MountSpec mount, MountOptions options, string destination, string? cgroupPath)
    {
        var type = mount.Type ?? throw NamespacePlan.Invalid($"the mount at '{mount.Destination}' has neither a type nor the option 'bind'");
        // An image could have a link at /proc or /sys, so that what is written there later goes elsewhere.
        var target = steps.MakeDirectory(destination, symbolicLinks: type is not ("proc" or "sysfs"));
        var attributes = options.Set & ~options.RecursiveClear | options.RecursiveSet;
        if (type is "cgroup" or "cgroup2")
        {
            CgroupMounts.Add(steps, target, destination, (ulong)attributes, cgroupPath);
            return;
        }
        // Filled first, made read-only at the end.
        var late = destination == "/dev" || options.IsCopiedUp ? attributes & MountAttributes.ReadOnly : MountAttributes.None;
        var made = steps.NewMount(type, "at " + destination, mount.Source, options.Data, (ulong)(attributes & ~late));
        if (options.IsCopiedUp)
        {
            AddCopying(steps.Table, layout, target, made);
            if (late != MountAttributes.None)
                steps.SetAttributes(made, destination, (ulong)late);
        }
        steps.Attach(made, target, destination);
        if (options.Propagation != MountPropagation.Unchanged)
            steps.SetAttributes(made, destination, 0, propagation: (ulong)options.Propagation);
    }

    private static CallArgument AddRequest(CallTable table, DescriptorLayout layout)
    {
        Channel.AddMessage(table, layout.Socket, (byte)LaunchMessage.NextMount);
        return CallArgument.ContentOf(Channel.AddReceipt(table, layout.Socket, table.Reserve(8), 1, 1));
    }

    // The runtime copies: no code runs in this process that could.
    private static void AddCopying(CallTable table, DescriptorLayout layout, CallStep source, CallStep target)
    {
        const int CloseOnExec = 0x80000;
        foreach (var (descriptor, message) in new[] { (source, LaunchMessage.CopySource), (target, LaunchMessage.CopyTarget) })
        {
            table.Add("dup3", "tmpfs", SystemCalls.Dup3, descriptor, layout.Spare, CloseOnExec);
            Channel.AddMessage(table, layout.Socket, (byte)message, layout.Spare);
        }
        table.Add("read", "the runtime's message", SystemCalls.Read, layout.Socket, CallArgument.AddressOf(table.Reserve(8)), 1).FailOnZero();
    }

    private readonly record struct Item(MountSpec Mount, MountOptions Options, BindMount? Bind, int Sent);
}
