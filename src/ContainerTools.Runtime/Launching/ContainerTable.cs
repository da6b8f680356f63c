using ContainerTools.Engine;
using ContainerTools.Engine.Specs;
using ContainerTools.Linux;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Processes;
using ContainerTools.Linux.Seccomp;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.Init;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// The tables of a container's first process. The first runs in the runtime's memory right after the clone and executes the second, an image of its
/// own; that makes the container.
/// </summary>
internal static class ContainerTable
{
    private const int SetDescriptorFlags = 2, CloseRangeCloseOnExec = 4;
    private const uint LastDescriptor = uint.MaxValue;

    /// <summary>The first table: takes its descriptors, becomes user 0 of the user namespace, executes the image.</summary>
    public static CallTable First(DescriptorLayout layout, ReadOnlySpan<int> standard, IReadOnlyList<(int Descriptor, int Source)> channels,
        IReadOnlyList<int> kept, int image, int runtimeSocket, NamespacePlan namespaces, bool reserve)
    {
        var table = new CallTable { Tag = LaunchFailures.FirstTag };
        // With its copy of the runtime's side open it would not see the runtime end.
        table.Add("close", null, SystemCalls.Close, runtimeSocket);
        if (namespaces.HasNew(NamespaceKinds.User))
        {
            // Until the maps are written it has no user id, and an execve without one would take its capabilities.
            table.Add("read", "the runtime's message", SystemCalls.Read, channels[0].Source, CallArgument.AddressOf(table.Reserve(8)), 1).FailOnZero();
            BecomeRoot(table);
            // The root of its message queues belongs to whoever makes the namespace.
            if (namespaces.HasNew(NamespaceKinds.Ipc))
                table.Add("unshare", "IPC namespace", SystemCalls.Unshare, (long)NamespaceKinds.Ipc);
        }
        AddDescriptors(table, layout, standard, channels, kept, reserve);
        Execute(table, image);
        return table;
    }

    /// <summary>Adds setresgid(2) and setresuid(2) to 0.</summary>
    public static void BecomeRoot(CallTable table)
    {
        table.Add("setresgid", "0", SystemCalls.Setresgid, 0, 0, 0);
        table.Add("setresuid", "0", SystemCalls.Setresuid, 0, 0, 0);
    }

    /// <summary>Adds the arrangement of the descriptors: only those named survive the coming execve.</summary>
    /// <param name="table">The table.</param>
    /// <param name="layout">The numbers.</param>
    /// <param name="standard">Sources of 0 to 2.</param>
    /// <param name="channels">Numbers with their sources; the first is the channel to the runtime.</param>
    /// <param name="kept">Descriptors that keep their numbers.</param>
    /// <param name="reserve">Whether the layout's other numbers will be used.</param>
    public static void AddDescriptors(CallTable table, DescriptorLayout layout, ReadOnlySpan<int> standard,
        IReadOnlyList<(int Descriptor, int Source)> channels, IReadOnlyList<int> kept, bool reserve)
    {
        for (var i = 0; i < standard.Length; i++)
            table.Add("dup3", null, SystemCalls.Dup3, standard[i], i, 0);
        foreach (var (descriptor, source) in channels)
            table.Add("dup3", null, SystemCalls.Dup3, source, descriptor, 0);
        // Numbers that get their meaning later must not be given to anything else meanwhile.
        for (var fd = layout.Socket + 1; reserve && fd < layout.FirstFree; fd++)
        {
            if (!channels.Any(channel => channel.Descriptor == fd))
                table.Add("dup3", null, SystemCalls.Dup3, channels[0].Source, fd, 0);
        }
        table.Add("close_range", null, SystemCalls.CloseRange, layout.FirstFree, LastDescriptor, CloseRangeCloseOnExec);
        foreach (var fd in kept)
            table.Add("fcntl", null, SystemCalls.Fcntl, fd, SetDescriptorFlags, 0);
    }

    /// <summary>Adds the execution of an image.</summary>
    public static void Execute(CallTable table, int image) =>
        table.Add("execveat", "the prepared image", SystemCalls.Execveat, image, table.Text(""), table.Vector(["ctrun-init"]), table.Vector([]), ChildSteps.EmptyPath);

    /// <summary>The second table.</summary>
    public static CallTable Second(RuntimeSpec spec, NamespacePlan namespaces, MountSteps mounts, DescriptorLayout layout, IReadOnlyList<int> cgroupFiles, string? cgroupPath,
        Func<string, int> open, SeccompFilter? filter, SeccompListener? listener, LaunchOptions options)
    {
        const int SetDumpable = 4, JoinSessionKeyring = 1, SetDeathSignal = 1;
        var process = spec.Process ?? throw NamespacePlan.Invalid("it has no process");
        var table = new CallTable(8192);
        var user = new UserData(table);
        EntrySteps.Add(table, namespaces, spec.Linux?.TimeOffsets, layout, open);
        var message = listener?.AddReceipt(table, layout) ?? 0;
        var label = LabelSteps.For(process);
        label?.AddOpening(table, layout, open("/proc"));
        if (!namespaces.HasNew(NamespaceKinds.Pid))
            table.Add("prctl(PR_SET_DUMPABLE)", null, SystemCalls.Prctl, SetDumpable, 0, 0, 0, 0);
        table.Add("setsid", null, SystemCalls.Setsid);
        if (options.NewKeyring)
            table.Add("keyctl(KEYCTL_JOIN_SESSION_KEYRING)", null, SystemCalls.Keyctl, JoinSessionKeyring, 0).Tolerate([38 /* ENOSYS */, Errno.EPERM, Errno.EACCES, Errno.EDQUOT]);
        JoinCgroups(table, cgroupFiles);
        // Rooted where the process is: so after it joined.
        if (namespaces.HasNew(NamespaceKinds.Cgroup))
            table.Add("unshare", "cgroup namespace", SystemCalls.Unshare, (long)NamespaceKinds.Cgroup);
        if (spec.Hostname is { Length: > 0 } host)
            table.Add("sethostname", host, SystemCalls.Sethostname, table.Text(host), System.Text.Encoding.UTF8.GetByteCount(host));
        if (spec.Domainname is { Length: > 0 } domain)
            table.Add("setdomainname", domain, SystemCalls.Setdomainname, table.Text(domain), System.Text.Encoding.UTF8.GetByteCount(domain));
        if (namespaces.HasNew(NamespaceKinds.Network))
            AddLoopback(table);
        AddRoot(spec, namespaces, mounts, layout, user, table, cgroupPath, options);
        CloseAllBut(table, layout, options.StartDirectory is not null, listener is not null, label is not null);
        var command = new ProcessSteps(table, process, filter)
        {
            Available = namespaces.HasUser ? Capabilities.MaskOfKernel() : OwnCapabilities.Permitted,
            BlockedSignals = spec.Annotations?.GetValueOrDefault(Annotations.Init) == "true" ? InitSignals.Mask : 0,
            Warn = options.Warn,
            Layout = layout,
            SetsGroups = !namespaces.DeniesGroups,
            Label = label,
            ListenerMessage = (message, listener?.Size ?? 0),
        };
        AddPersonality(table, spec.Linux?.Personality);
        command.AddIdentity(user);
        // After the change of its user, which would take that back. If the launcher ended before, the wait for the start ends.
        if (options.EndsWithLauncher)
            table.Add("prctl(PR_SET_PDEATHSIG)", null, SystemCalls.Prctl, SetDeathSignal, Signals.Kill, 0, 0, 0);
        Channel.AddMessage(table, layout.Socket, (byte)LaunchMessage.Ready);
        AwaitStart(table, layout, options.StartDirectory is not null);
        command.AddCommand(user);
        return table;
    }

    /// <summary>Adds closing every descriptor that the rest of the table does not need.</summary>
    public static void CloseAllBut(CallTable table, DescriptorLayout layout, bool fifos, bool listener, bool label)
    {
        var first = layout.Socket + 1;
        foreach (var (needed, from, to) in new[] { (fifos, layout.StartFifo, layout.FailureFifo), (listener, layout.Listener, layout.Listener), (label, layout.Label, layout.Label) })
        {
            if (!needed)
                continue;
            if (from > first)
                table.Add("close_range", null, SystemCalls.CloseRange, first, from - 1, 0);
            first = to + 1;
        }
        table.Add("close_range", null, SystemCalls.CloseRange, first, LastDescriptor, 0);
    }

    /// <summary>Adds joining the groups through their open files, before a cgroup namespace hides them.</summary>
    public static void JoinCgroups(CallTable table, IReadOnlyList<int> files)
    {
        foreach (var file in files)
            table.Add("join the control group", null, SystemCalls.Write, file, table.Text("0"), 1);
    }

    private static void AddRoot(RuntimeSpec spec, NamespacePlan namespaces, MountSteps mounts, DescriptorLayout layout, UserData user, CallTable table,
        string? cgroupPath, LaunchOptions options)
    {
        var process = spec.Process!;
        const int MountRecursive = 0x4000, Detach = 2;
        const ulong Slave = 1 << 19, ReadOnly = 1;
        // The document's propagation is that of the root inside; towards the host nothing spreads in either case unless it says shared.
        var propagation = RootPropagation.Parse(spec.Linux?.RootfsPropagation);
        if (namespaces.MountPath is null)
            table.Add("mount", "/", SystemCalls.Mount, table.Text("none"), table.Text("/"), 0, MountRecursive | (long)(propagation.Outside == 0 ? Slave : propagation.Outside), 0);
        var descriptors = Channel.AddReceipt(table, layout.Socket, user.Offset, UserData.Size, mounts.Sent.Count + 1);
        var steps = new ChildSteps(table) { Root = CallArgument.ContentOf(descriptors) };
        if (mounts.OwnRoot is { } root)
        {
            var tree = steps.CloneHost(root, recursive: true);
            steps.SetAttributes(tree, "/", 0, propagation: 1 << 18 /* MS_PRIVATE */, recursive: true);
            steps.Root = tree;
        }
        table.Add("umask", null, SystemCalls.Umask, 0);
        table.Add("mount", "the root file system", SystemCalls.MoveMount, steps.Root, table.Text(""), ChildSteps.CurrentDirectory, table.Text("/"), 0x4 /* MOVE_MOUNT_F_EMPTY_PATH */);
        mounts.Add(steps, layout, descriptors + 4, namespaces.Has(NamespaceKinds.Cgroup) ? null : cgroupPath ?? "", () => DeviceSteps.Add(steps, spec.Linux?.Devices, namespaces.HasUser || !UserNamespace.IsInitial));
        if (process.Terminal)
            TerminalSteps.Add(steps, process, user, layout, withConsole: true);
        SysctlSteps.Add(table, spec.Linux?.Sysctl, namespaces);
        HiddenPathSteps.AddMasked(steps, spec.Linux?.MaskedPaths);
        HiddenPathSteps.AddReadOnly(steps, spec.Linux?.ReadonlyPaths);
        if (process.Cwd.StartsWith('/') && process.Cwd.Trim('/').Length > 0)
            steps.ProvideDirectory(process.Cwd, errno => ProcessSteps.DirectoryError(process.Cwd, errno));
        if (spec.Root?.Readonly == true)
            steps.SetAttributes(steps.Root, "/", ReadOnly);
        if (options.Hooks is not null)
        {
            Channel.AddMessage(table, layout.Socket, (byte)LaunchMessage.Mounted);
            table.Add("read", "the runtime's message", SystemCalls.Read, layout.Socket, CallArgument.AddressOf(table.Reserve(8)), 1).FailOnZero();
        }
        table.Add("fchdir", "/", SystemCalls.Fchdir, steps.Root);
        if (namespaces.MountPath is not null)
        {
            // Others live in that namespace: their root is not taken away, the container's lies over it.
            table.Add("chroot", "/", SystemCalls.Chroot, table.Text("."));
        }
        else if (options.PivotRoot)
        {
            // pivot_root(2), NOTES: the old root ends up over the new one and is detached from there.
            table.Add("pivot_root", null, SystemCalls.PivotRoot, table.Text("."), table.Text(".")).OnError(PivotError);
            table.Add("umount2", "the old root", SystemCalls.Umount2, table.Text("."), Detach);
        }
        else
        {
            // Mounted over the old root, which stays below; its file systems of the kernel are not needed there any more, unless they are locked.
            foreach (var path in new[] { "/proc", "/sys" })
                table.Add("umount2", path, SystemCalls.Umount2, table.Text(path), Detach).Tolerate([Errno.EINVAL, Errno.ENOENT, Errno.EBUSY]);
            table.Add("chroot", "/", SystemCalls.Chroot, table.Text("."));
        }
        table.Add("chdir", "/", SystemCalls.Chdir, table.Text("/"));
        if (propagation.Inside != 0)
            table.Add("mount", "/", SystemCalls.Mount, table.Text("none"), table.Text("/"), 0, (long)propagation.Inside, 0);
    }

    public static void AwaitStart(CallTable table, DescriptorLayout layout, bool startByFifo, bool startAtOnce = false)
    {
        const int CloseOnExec = 0x80000;
        var source = layout.Socket;
        if (startByFifo)
        {
            // The runtime that made the container leaves; from now on failures go where the one that starts it reads.
            table.Add("dup3", null, SystemCalls.Dup3, layout.FailureFifo, layout.Socket, CloseOnExec);
            source = layout.StartFifo;
        }
        if (!startAtOnce)
            table.Add("read", "the start", SystemCalls.Read, source, CallArgument.AddressOf(table.Reserve(8)), 1).FailOnZero();
        table.Add("close_range", null, SystemCalls.CloseRange, layout.Socket, LastDescriptor, CloseRangeCloseOnExec);
    }

    private static ContainerToolsException PivotError(int errno) => new("ContainerStartFailed", ErrorKind.NotSupported,
        $"The container's root cannot take the place of the host's (pivot_root: {LinuxException.Describe(errno)})." + (errno == Errno.EINVAL
            ? " That is impossible where the host's own root is an initial ramfs; '--no-pivot' does without, and is less safe." : ""));

    private static void AddLoopback(CallTable table)
    {
        const int Inet = 2, Datagram = 2, SetFlags = 0x8914;
        // struct ifreq: the name in 16 bytes, then the flags IFF_UP | IFF_RUNNING
        Span<byte> request = stackalloc byte[40];
        request.Clear();
        "lo"u8.CopyTo(request);
        request[16] = 0x41;
        var socket = table.Add("socket", null, SystemCalls.Socket, Inet, Datagram, 0);
        table.Add("ioctl(SIOCSIFFLAGS)", "lo", SystemCalls.Ioctl, socket, SetFlags, table.Bytes(request));
    }

    public static void AddPersonality(CallTable table, LinuxPersonality? personality)
    {
        if (personality is null)
            return;
        if (personality.Flags is { Count: > 0 })
            throw NamespacePlan.Invalid("its personality has flags, of which the specification defines none yet");
        table.Add("personality", personality.Domain, SystemCalls.Personality, personality.Domain switch
        {
            "LINUX" => 0,
            "LINUX32" => 8,
            _ => throw NamespacePlan.Invalid($"the personality '{personality.Domain}' is neither LINUX nor LINUX32"),
        });
    }
}
