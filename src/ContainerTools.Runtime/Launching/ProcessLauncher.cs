using ContainerTools.Engine;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Systemd;
using ContainerTools.Engine.Users;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// Starts a further process in a running container: in its namespaces and control group, with its filter. As with <see cref="ContainerLauncher"/>, the
/// process runs nothing but prepared calls, from a sealed image of its own, until it executes the command.
/// </summary>
internal static class ProcessLauncher
{
    /// <summary>Makes the process; it waits for its start.</summary>
    /// <param name="container">The container's first process.</param>
    /// <param name="cgroupPath">The container's control group, or null.</param>
    /// <param name="spec">The container's document: its filter applies.</param>
    /// <param name="process">What to run.</param>
    /// <param name="user">The user as text, to be looked up in the container; null takes the numbers of <paramref name="process"/>.</param>
    /// <param name="groups">Groups to add, looked up like the user.</param>
    /// <param name="options">Descriptors.</param>
    /// <param name="describe">The container's state with the process's id, for a seccomp listener.</param>
    public static LaunchedContainer Create(PidFd container, string? cgroupPath, RuntimeSpec spec, ProcessSpec process, string? user, IReadOnlyList<string> groups, LaunchOptions options,
        Func<int, RuntimeState>? describe = null)
    {
        using var layout = new DescriptorLayout(options.PreservedDescriptors);
        var channel = Channel.Create();
        try
        {
            var document = WithProcess(spec, process);
            var listener = SeccompListener.For(document, describe ?? (pid => new RuntimeState { OciVersion = RuntimeJson.SpecVersion, Status = "running", Pid = pid }));
            return Create(container, cgroupPath, document, Resolve(container.Pid, process, user, groups), options, layout, channel, listener);
        }
        catch (Exception e)
        {
            channel.Dispose();
            if (e is LinuxException error)
                throw ContainerToolsException.FromIO(error, "ExecFailed", "The process could not be started in the container");
            throw;
        }
        finally
        {
            channel.Other.Dispose();
        }
    }

    /// <summary>A container's document with another process, of which the filter takes account.</summary>
    private static RuntimeSpec WithProcess(RuntimeSpec spec, ProcessSpec process) =>
        new() { Process = process, Linux = spec.Linux, Annotations = spec.Annotations };

    private static LaunchedContainer Create(PidFd container, string? cgroupPath, RuntimeSpec spec, ResolvedUser user, LaunchOptions options, DescriptorLayout layout, Channel channel,
        SeccompListener? listener)
    {
        const int ReadOnly = 0, ReadWrite = 2, WriteOnly = 1;
        if (UserSession.IsRootless && cgroupPath is not null && ContainerScope.Reach(cgroupPath) is { } obstacle)
        {
            throw new ContainerToolsException("ExecFailed", ErrorKind.PermissionDenied, $"The process could not be started in the container: this shell is outside of the control groups that are delegated to this user. {obstacle}".Trim());
        }
        // The host's root is in none that was made for a container.
        var made = UserNamespace.IsHostRoot ? NamespacePlan.MadeFor(spec) : NamespaceKinds.None;
        var kinds = NamespaceFile.DifferencesTo(container.Pid, made);
        var ownUsers = (kinds & NamespaceKinds.User) != 0;
        List<int> kept = [];
        // An ordinary user's runtime may enter the PID namespace only after the user namespace it belongs to; then a clone is what is in it.
        var clones = (kinds & NamespaceKinds.Pid) != 0 && !OwnCapabilities.CanAdministrate;
        var second = Second(spec, user, layout, ownUsers, clones, !IdMapWriter.DeniesGroups(container.Pid), (kinds & NamespaceKinds.Time) == 0 ? null : $"/proc/{container.Pid}/ns/time", Keep, listener, options);
        using var image = TableImage.Create(second, layout.Socket);

        var first = new CallTable { Tag = LaunchFailures.FirstTag };
        first.Add("close", null, SystemCalls.Close, (int)channel.Own.DangerousGetHandle());
        var (joinFiles, unifiedDirectory) = (options.SubGroups ?? new SubGroups()).Resolve(cgroupPath);
        var cgroups = new List<int>();
        foreach (var file in joinFiles)
        {
            if (layout.TryOpen(file, WriteOnly) is { } opened)
                cgroups.Add(opened);
        }
        var unified = unifiedDirectory is not null ? layout.OpenPath(unifiedDirectory) : -1;
        CpuAffinity.Add(first, spec.Process!.ExecCpuAffinity?.Initial);
        ContainerTable.JoinCgroups(first, cgroups);
        CpuAffinity.Add(first, spec.Process.ExecCpuAffinity?.Final);
        // The second image enters the time namespace: here memory is shared with this process, which setns(2) does not allow.
        first.Add("setns", "the container's namespaces", SystemCalls.Setns, layout.Above(container.Fd), (long)(kinds & ~((clones ? NamespaceKinds.None : NamespaceKinds.Pid) | NamespaceKinds.Time)));
        if (ownUsers)
            ContainerTable.BecomeRoot(first);
        var terminal = spec.Process.Terminal;
        if (!terminal)
            StandardPipes.Give(options, user.UserId, ownUsers ? IdMap.Read(container.Pid) : []);
        Span<int> standard = stackalloc int[3];
        ReadOnlySpan<int> given = [options.StandardInput, options.StandardOutput, options.StandardError];
        for (var i = 0; i < 3; i++)
            standard[i] = terminal || given[i] < 0 ? layout.Open("/dev/null", ReadWrite) : layout.Above(given[i]);
        var socket = layout.Above((int)channel.Other.DangerousGetHandle());
        var reserve = terminal || listener is not null || LabelSteps.For(spec.Process) is not null;
        ContainerTable.AddDescriptors(first, layout, standard, [(layout.Socket, socket)], kept, reserve);
        ContainerTable.Execute(first, layout.Above((int)image.DangerousGetHandle()));

        using (var started = JoinedNamespaces.Run<TableProcess>((kinds & NamespaceKinds.Pid) == 0 || clones ? [] : [(NamespaceKinds.Pid, $"/proc/{container.Pid}/ns/pid")],
            () => TableProcess.Start(first, socket, 0, unified)))
        {
            channel.Other.Dispose();
            // A copy of the child's side, still open here, would keep the child's end from being seen.
            layout.Dispose();
            var process = clones ? AwaitClone(started.Process, channel, first, second) : started.Process;
            listener?.Supply(channel, process.Pid);
            return Await(process, channel, first, second, spec.Process);
        }

        int Keep(string path)
        {
            var descriptor = layout.Open(path, ReadOnly);
            kept.Add(descriptor);
            return descriptor;
        }
    }

    private static PidFd AwaitClone(PidFd process, Channel channel, CallTable first, CallTable second)
    {
        using (process)
        {
            try
            {
                var entered = PidFd.Open(LaunchFailures.ReceiveEntry(channel, first, second, clones: true));
                channel.Send([0]);
                return entered;
            }
            finally
            {
                _ = process.Reap();
            }
        }
    }

    private static LaunchedContainer Await(PidFd process, Channel channel, CallTable first, CallTable second, ProcessSpec spec)
    {
        SafeFileHandle? console = null;
        try
        {
            LaunchMessage message;
            while ((message = LaunchFailures.Receive(channel, out var handle, first, second)) == LaunchMessage.Terminal)
                console = handle;
            if (message != LaunchMessage.Ready)
                throw new ContainerToolsException("ExecFailed", ErrorKind.InvalidState, "The process ended while it was made: the container has stopped, or its memory limit leaves no room.");
            ProcessLimits.Apply(process.Pid, spec);
            return new LaunchedContainer(process, 0, null, null, console, channel, second);
        }
        catch
        {
            console?.Dispose();
            _ = process.SendSignal(Signals.Kill);
            _ = process.Reap();
            process.Dispose();
            throw;
        }
    }

    private static CallTable Second(RuntimeSpec spec, ResolvedUser resolved, DescriptorLayout layout, bool ownUsers, bool clones, bool setsGroups, string? timeNamespace, Func<string, int> open,
        SeccompListener? listener, LaunchOptions options)
    {
        const int SetDumpable = 4, JoinSessionKeyring = 1;
        var process = spec.Process!;
        var table = new CallTable();
        var user = new UserData(table, resolved);
        if (clones)
        {
            EntrySteps.AddClone(table, layout);
            Channel.AddMessage(table, layout.Socket, (byte)LaunchMessage.Entered);
            // The process's id may come later than this; what follows must not come before it.
            table.Add("read", "the runtime's message", SystemCalls.Read, layout.Socket, CallArgument.AddressOf(table.Reserve(8)), 1).FailOnZero();
        }
        if (timeNamespace is not null)
            EntrySteps.Enter(table, open(timeNamespace), NamespaceKinds.Time, timeNamespace);
        var message = listener?.AddReceipt(table, layout) ?? 0;
        var label = LabelSteps.For(process);
        label?.AddOpening(table, layout, open("/proc"));
        // Until the command runs the container's other processes can neither trace nor inspect this one.
        table.Add("prctl(PR_SET_DUMPABLE)", null, SystemCalls.Prctl, SetDumpable, 0, 0, 0, 0);
        table.Add("setsid", null, SystemCalls.Setsid);
        table.Add("keyctl(KEYCTL_JOIN_SESSION_KEYRING)", null, SystemCalls.Keyctl, JoinSessionKeyring, 0).Tolerate([38 /* ENOSYS */, Errno.EPERM, Errno.EACCES, Errno.EDQUOT]);
        table.Add("chdir", "/", SystemCalls.Chdir, table.Text("/"));
        if (process.Terminal)
            TerminalSteps.Add(new ChildSteps(table) { Root = ChildSteps.CurrentDirectory }, process, user, layout, withConsole: false);
        ContainerTable.CloseAllBut(table, layout, fifos: false, listener is not null, label is not null);
        var steps = new ProcessSteps(table, process, ProcessSteps.Filter(spec))
        {
            Available = ownUsers ? Capabilities.MaskOfKernel() : OwnCapabilities.Permitted,
            Warn = options.Warn,
            Layout = layout,
            SetsGroups = setsGroups,
            Label = label,
            ListenerMessage = (message, listener?.Size ?? 0),
        };
        ContainerTable.AddPersonality(table, spec.Linux?.Personality);
        steps.AddIdentity(user);
        Channel.AddMessage(table, layout.Socket, (byte)LaunchMessage.Ready);
        ContainerTable.AwaitStart(table, layout, startByFifo: false, options.StartsAtOnce);
        steps.AddCommand(user);
        return table;
    }

    private static ResolvedUser Resolve(int pid, ProcessSpec process, string? user, IReadOnlyList<string> groups)
    {
        var path = $"/proc/{pid}/root";
        var fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, System.Text.Encoding.UTF8.GetBytes(path + '\0'), OpenFlags.Path);
        using var root = new SafeFileHandle(LinuxException.ThrowIfFailed(fd, "open", path), ownsHandle: true);
        var resolved = ContainerLauncher.ResolveUser(root, process.User, user, groups);
        MappedUser.Check(resolved, IdMap.Read(pid), IdMap.Read(pid, groups: true));
        return resolved;
    }
}
