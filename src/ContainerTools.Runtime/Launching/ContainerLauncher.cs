using ContainerTools.Engine;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Specs;
using ContainerTools.Engine.Systemd;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// Makes a container from its document: a process in its namespaces and control group, over its mounts, that waits to execute its command. No managed
/// code runs in that process: all it does is prepared here as tables of system calls.
/// </summary>
internal sealed partial class ContainerLauncher : IDisposable
{
    private readonly RuntimeSpec _spec;
    private readonly string _bundle;
    private readonly string _id;
    private readonly LaunchOptions _options;
    private readonly NamespacePlan _namespaces;
    private readonly MountSteps _mounts;
    private readonly DescriptorLayout _layout;
    private readonly Channel _channel;
    private readonly SeccompListener? _listener;

    // What the process does not have to wait for.
    private readonly List<IDisposable> _later = [];
    private CallTable? _firstTable;
    private CallTable? _secondTable;
    private SystemdScope? _scope;
    private Cgroup? _cgroup;
    private SafeFileHandle? _image;
    private SafeFileHandle? _root;
    private TableProcess? _process;
    private PidFd? _first;

    // The container is somebody else's, or gone.
    private bool _released;

    private ContainerLauncher(RuntimeSpec spec, string bundle, string id, LaunchOptions options)
    {
        _spec = spec;
        _bundle = bundle;
        _id = id;
        _options = options;
        _namespaces = NamespacePlan.Read(spec);
        _mounts = new MountSteps(spec, bundle, _namespaces) { OwnRoot = OwnCapabilities.CanAdministrate ? null : RootDirectory(spec, bundle) };
        if (_mounts.Sent.Count >= Channel.MaximumDescriptors)
            throw NamespacePlan.Invalid($"it has {_mounts.Sent.Count} bind mounts; {Channel.MaximumDescriptors - 1} are possible");
        if (spec.Linux?.MountLabel is { Length: > 0 } label && MountSteps.MountLabel(spec) is null)
            options.Warn?.Invoke($"The mount label '{label}' has no effect: this kernel does not run SELinux.");
        _listener = SeccompListener.For(spec, Describe);
        if (spec.Linux?.IntelRdt is not null)
            throw NamespacePlan.Invalid("it asks for Intel RDT (intelRdt), which this runtime does not have");
        _layout = new DescriptorLayout(options.PreservedDescriptors);
        _channel = Channel.Create();
    }

    /// <summary>Makes a container.</summary>
    /// <param name="spec">Its config.json.</param>
    /// <param name="bundle">The bundle's directory, absolute.</param>
    /// <param name="id">Its id.</param>
    /// <param name="options">Descriptors and the rest.</param>
    /// <returns>The container, waiting for its start.</returns>
    /// <exception cref="ContainerToolsException">What is wrong with it; nothing of it is left then.</exception>
    public static LaunchedContainer Create(RuntimeSpec spec, string bundle, string id, LaunchOptions options)
    {
        using var launcher = Begin(spec, bundle, id, options);
        return launcher.Finish(meanwhile: null);
    }

    /// <summary>Begins with a container: its control group, and its process in its namespaces. It has no mounts yet, and waits. Disposed of before it is finished, nothing of it is left.</summary>
    /// <inheritdoc cref="Create"/>
    public static ContainerLauncher Begin(RuntimeSpec spec, string bundle, string id, LaunchOptions options)
    {
        var launcher = new ContainerLauncher(spec, bundle, id, options);
        try
        {
            launcher._scope = launcher.StartScope();
            launcher._cgroup = launcher.MakeCgroup(launcher._scope);
            launcher.Clone();
            return launcher;
        }
        catch (Exception e)
        {
            launcher.Dispose();
            if (e is LinuxException error)
                throw launcher.Failed(error);
            throw;
        }
    }

    /// <summary>Does as <see cref="Begin"/> does before it makes anything.</summary>
    /// <inheritdoc cref="Create"/>
    public static void Rehearse(RuntimeSpec spec, string bundle, string id, LaunchOptions options)
    {
        using var launcher = new ContainerLauncher(spec, bundle, id, options);
        _ = CgroupHierarchies.Current;
        _ = CgroupLimitsReader.Read(spec.Linux?.Resources);
        launcher._image = launcher.PrepareTables(null);
    }

    /// <summary>Makes the rest of it.</summary>
    /// <param name="meanwhile">Is called while the process makes its mounts, with its id and the path of its control group: its namespaces are there, and it will wait. What it throws ends the container.</param>
    /// <returns>The container, waiting for its start.</returns>
    /// <exception cref="ContainerToolsException">What is wrong with it; nothing of it is left then.</exception>
    public LaunchedContainer Finish(Action<int, string?>? meanwhile)
    {
        try
        {
            return Launch(meanwhile);
        }
        catch (LinuxException error)
        {
            throw Failed(error);
        }
    }

    public void Dispose()
    {
        if (_first is { } process)
        {
            _first = null;
            _ = process.SendSignal(Signals.Kill);
            _ = process.Reap();
            process.Dispose();
        }
        CloseLater();
        _root?.Dispose();
        _process?.Dispose();
        _image?.Dispose();
        if (!_released)
        {
            _released = true;
            _channel.Dispose();
            if (_cgroup is not null)
                _ = SystemdScope.Remove(_cgroup.Path, _scope?.Unit);
        }
        _scope?.Dispose();
        _scope = null;
        _channel.Other.Dispose();
        _layout.Dispose();
    }

    /// <summary>Takes back what was begun, but for the control group.</summary>
    /// <returns>The group; null where there is none.</returns>
    public Cgroup? Abandon()
    {
        _released = true;
        _channel.Dispose();
        Dispose();
        return _cgroup;
    }

    private void CloseLater()
    {
        foreach (var item in _later)
            item.Dispose();
        _later.Clear();
    }

    private ContainerToolsException Failed(LinuxException error) => ContainerToolsException.FromIO(error, "ContainerStartFailed", $"The container '{_id}' could not be made");

    private SystemdScope? StartScope()
    {
        if (_options.CgroupManager != CgroupManager.Systemd || !SystemdManager.IsRunning)
            return null;
        var (slice, unit) = CgroupPath.Scope(_spec.Linux?.CgroupsPath, _id);
        return SystemdScope.Start(slice, unit, "Container " + _id, CgroupLimitsReader.Read(_spec.Linux?.Resources), _spec.Annotations);
    }

    private Cgroup? MakeCgroup(SystemdScope? scope)
    {
        if (_options.CgroupManager == CgroupManager.Disabled || (CgroupHierarchies.Current.Version == CgroupVersion.None && !UserSession.IsRootless))
            return null;
        if (CgroupHierarchies.Current.Version == CgroupVersion.None)
            return WithoutGroup("");
        var path = scope?.Path ?? CgroupPath.Resolve(_spec.Linux?.CgroupsPath, _id, _options.CgroupManager);
        if (UserSession.IsRootless && ContainerScope.Reach(path) is { } obstacle)
            return WithoutGroup(obstacle);
        CgroupPath.Check(path);
        try
        {
            return Cgroup.Create(path, CgroupLimitsReader.Read(_spec.Linux?.Resources));
        }
        catch (LinuxException e) when (UserSession.IsRootless && e.Errno is Errno.EACCES or Errno.EPERM or Errno.EROFS)
        {
            return WithoutGroup("");
        }
        catch (LinuxException e)
        {
            throw ContainerToolsException.FromIO(e, "CgroupFailed", $"The control group '{path}' of container '{_id}' could not be made");
        }
        catch (CgroupException e)
        {
            throw new ContainerToolsException(e.IsDelegation ? "LimitsNotDelegated" : "ResourceLimitFailed", e.IsDelegation ? ErrorKind.PermissionDenied : ErrorKind.InvalidArgument, e.Message, _id, e);
        }
    }

    /// <summary>What becomes of the container of an ordinary user to whom nothing was delegated: that is well where nothing is asked for that would need it.</summary>
    private Cgroup? WithoutGroup(string obstacle) => AsksForLimits(_spec.Linux?.Resources) ? throw UserLimits.NotDelegated(_id, obstacle) : null;

    /// <summary>Whether a document's resources are more than rules for devices.</summary>
    internal static bool AsksForLimits(LinuxResources? resources) =>
        resources is not null && (resources.Memory ?? resources.Cpu ?? resources.Pids ?? resources.BlockIO ?? resources.HugepageLimits ?? resources.Network ?? resources.Rdma ?? (object?)resources.Unified) is not null;

    private void Clone()
    {
        _image = PrepareTables(_cgroup);
        _process = StartProcess(_cgroup);
        _first = _process.Process;
        _channel.Other.Dispose();
        // A copy of the child's side, still open here, would keep the child's end from being seen.
        _layout.Dispose();
    }

    private LaunchedContainer Launch(Action<int, string?>? meanwhile)
    {
        SafeFileHandle? console = null;
        try
        {
            if (_namespaces.UserPath is not null)
                AwaitEntry();
            var first = _first!;
            Supply(first.Pid);
            meanwhile?.Invoke(first.Pid, _cgroup?.Path);
            CloseLater();
            var message = AwaitMessage(first.Pid, ref console);
            if (message == LaunchMessage.Mounted)
            {
                _options.Hooks?.BeforePivot(first.Pid);
                _channel.Send([0]);
                message = AwaitMessage(first.Pid, ref console);
            }
            if (message != LaunchMessage.Ready)
                throw Died(first);
            _scope?.Hold(first.Pid);
            ProcessLimits.Apply(first.Pid, _spec.Process!);
            var startTime = PidFd.ReadStartTime(first.Pid) ?? throw Died(first);
            if (_options.StartDirectory is not null)
                _channel.Dispose();
            (_first, _released) = (null, true);
            var root = _root;
            _root = null;
            return new LaunchedContainer(first, startTime, _cgroup?.Path, _scope?.Unit, console, _options.StartDirectory is null ? _channel : null, _secondTable!) { Root = root };
        }
        catch
        {
            console?.Dispose();
            throw;
        }
    }

    private SafeFileHandle PrepareTables(Cgroup? cgroup)
    {
        const int ReadOnly = 0, ReadWrite = 2, WriteOnly = 1;
        var groups = new List<int>();
        foreach (var file in cgroup?.LegacyJoinFiles ?? [])
            groups.Add(_layout.Open(file, WriteOnly));
        List<int> kept = [.. groups];
        _secondTable = ContainerTable.Second(_spec, _namespaces, _mounts, _layout, groups, cgroup?.Path, Keep, ProcessSteps.Filter(_spec), _listener, _options);
        var image = TableImage.Create(_secondTable, _layout.Socket);
        List<(int, int)> channels = [(_layout.Socket, _layout.Above((int)_channel.Other.DangerousGetHandle()))];
        if (_options.StartDirectory is { } directory)
        {
            // Opened for both directions, which never blocks.
            channels.Add((_layout.StartFifo, _layout.Open(StartFifos.Start(directory), ReadWrite)));
            channels.Add((_layout.FailureFifo, _layout.Open(StartFifos.Failure(directory), ReadWrite)));
        }
        Span<int> standard = [Standard(_options.StandardInput), Standard(_options.StandardOutput), Standard(_options.StandardError)];
        _firstTable = ContainerTable.First(_layout, standard, channels, kept, _layout.Above((int)image.DangerousGetHandle()), (int)_channel.Own.DangerousGetHandle(), _namespaces, NeedsReserve);
        return image;

        int Keep(string path)
        {
            var descriptor = _layout.Open(path, ReadOnly);
            kept.Add(descriptor);
            return descriptor;
        }
    }

    private bool NeedsReserve =>
        _spec.Process!.Terminal || _listener is not null || _mounts.CopiesUp || _spec.Process.ApparmorProfile is { Length: > 0 } || _spec.Process.SelinuxLabel is { Length: > 0 };

    private RuntimeState Describe(int pid) => new()
    {
        OciVersion = RuntimeJson.SpecVersion,
        Id = _id,
        Status = "creating",
        Pid = pid,
        Bundle = _bundle,
        Annotations = _spec.Annotations,
    };

    // The process goes into the document's user namespace; where it cannot be the container's first process itself, a clone of it takes its place.
    private void AwaitEntry()
    {
        var pid = LaunchFailures.ReceiveEntry(_channel, _firstTable!, _secondTable!, _namespaces.ClonesAgain);
        if (pid == 0)
            return;
        var clone = PidFd.Open(pid);
        _ = _first!.Reap();
        _first.Dispose();
        _first = clone;
    }

    private int Standard(int descriptor)
    {
        const int ReadWrite = 2;
        return descriptor < 0 || _spec.Process!.Terminal ? _layout.Open("/dev/null", ReadWrite) : _layout.Above(descriptor);
    }

    private TableProcess StartProcess(Cgroup? cgroup)
    {
        // The cgroup namespace is made by the process itself, after it joined its groups.
        var flags = (ulong)_namespaces.MadeByClone;
        var unified = cgroup?.UnifiedDirectory is { } path ? _layout.OpenPath(path) : -1;
        return JoinedNamespaces.Run(_namespaces.Joined, () => TableProcess.Start(_firstTable!, _layout.Above((int)_channel.Other.DangerousGetHandle()), flags, unified));
    }

    // Everything that needs the process's user namespace, or the root file system.
    private void Supply(int pid)
    {
        SafeFileHandle? userNamespace = null;
        var handles = new List<SafeFileHandle>();
        try
        {
            if (_namespaces.HasNew(NamespaceKinds.User))
            {
                IdMapWriter.Write(pid, _namespaces.Users, _namespaces.Groups);
                userNamespace = NamespaceFile.Open(pid, NamespaceKinds.User);
                _channel.Send([0]);
            }
            else if (_namespaces.UserPath is not null)
                userNamespace = NamespaceFile.Open(pid, NamespaceKinds.User);
            _listener?.Supply(_channel, pid);
            _options.Hooks?.AfterNamespaces(pid);
            handles.Add(OpenRoot(userNamespace, pid));
            foreach (var bind in _mounts.Sent)
                handles.Add(bind.Open(userNamespace, UserNamespace.Create));
            Span<int> descriptors = stackalloc int[handles.Count];
            for (var i = 0; i < descriptors.Length; i++)
                descriptors[i] = (int)handles[i].DangerousGetHandle();
            var user = ResolveUser(handles[0]);
            var users = !_namespaces.HasUser ? [] : _namespaces.Users.Count > 0 ? _namespaces.Users : IdMap.Read(pid);
            MappedUser.Check(user, users, !_namespaces.HasUser ? [] : _namespaces.Groups.Count > 0 ? _namespaces.Groups : IdMap.Read(pid, groups: true));
            if (!_spec.Process!.Terminal)
                StandardPipes.Give(_options, user.UserId, users);
            if (_namespaces.HasNew(NamespaceKinds.Cgroup) && CgroupMounts.AreWritable(_spec) && IdMap.ToOutside(users, user.UserId) is { } owner)
                _cgroup?.Delegate(owner);
            _channel.Send(UserData.Encode(user), descriptors);
            if (_options.HoldsRoot)
            {
                _root = handles[0];
                handles.RemoveAt(0);
            }
        }
        finally
        {
            foreach (var handle in handles)
                handle.Dispose();
            userNamespace?.Dispose();
        }
    }

    private LaunchMessage AwaitMessage(int pid, ref SafeFileHandle? console)
    {
        SafeFileHandle? source = null;
        while (true)
        {
            var message = LaunchFailures.Receive(_channel, out var handle, _firstTable!, _secondTable!);
            switch (message)
            {
                case LaunchMessage.Terminal:
                    console = handle;
                    break;
                case LaunchMessage.CopySource:
                    source = handle;
                    break;
                case LaunchMessage.CopyTarget:
                    CopyUp(source!, handle!, pid);
                    _channel.Send([0]);
                    break;
                case LaunchMessage.NextMount:
                    using (var tree = _mounts.Requested.Dequeue().Open(null, UserNamespace.Create))
                        _channel.Send([0], [(int)tree.DangerousGetHandle()]);
                    break;
                default:
                    return message;
            }
        }
    }

    private ContainerToolsException Died(PidFd process)
    {
        var status = process.WaitForExit(TimeSpan.FromSeconds(1), CancellationToken.None) ? process.Reap() : null;
        return new ContainerToolsException("ContainerStartFailed", ErrorKind.Internal, status is { Signaled: true, Code: Signals.Kill }
            ? $"The first process of container '{_id}' was killed while it was made. Perhaps its memory limit is too small for any process."
            : $"The first process of container '{_id}' ended while it was made{(status is { } known ? $", with exit code {known.ShellCode}" : "")}.", _id);
    }
}
