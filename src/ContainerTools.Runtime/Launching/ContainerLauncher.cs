using ContainerTools.Engine;
using ContainerTools.Engine.RootFileSystems;
using ContainerTools.Engine.Specs;
using ContainerTools.Engine.Users;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Mounts;
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
internal sealed class ContainerLauncher : IDisposable
{
    private readonly RuntimeSpec _spec;
    private readonly string _bundle;
    private readonly string _id;
    private readonly LaunchOptions _options;
    private readonly NamespacePlan _namespaces;
    private readonly MountSteps _mounts;
    private readonly DescriptorLayout _layout;
    private readonly Channel _channel;
    private CallTable? _first;
    private CallTable? _second;

    private ContainerLauncher(RuntimeSpec spec, string bundle, string id, LaunchOptions options)
    {
        _spec = spec;
        _bundle = bundle;
        _id = id;
        _options = options;
        _namespaces = NamespacePlan.Read(spec);
        _mounts = new MountSteps(spec, bundle);
        if (_mounts.Binds.Count >= Channel.MaximumDescriptors)
            throw NamespacePlan.Invalid($"it has {_mounts.Binds.Count} bind mounts; {Channel.MaximumDescriptors - 1} are possible");
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
        using var launcher = new ContainerLauncher(spec, bundle, id, options);
        var cgroup = launcher.MakeCgroup();
        try
        {
            return launcher.Launch(cgroup);
        }
        catch (Exception e)
        {
            cgroup?.Remove();
            if (e is LinuxException error)
                throw ContainerToolsException.FromIO(error, "ContainerStartFailed", $"The container '{id}' could not be made");
            throw;
        }
    }

    public void Dispose()
    {
        _channel.Other.Dispose();
        _layout.Dispose();
    }

    private Cgroup? MakeCgroup()
    {
        if (_options.CgroupManager == CgroupManager.Disabled || CgroupHierarchies.Current.Version == CgroupVersion.None)
            return null;
        var path = CgroupPath.Resolve(_spec.Linux?.CgroupsPath, _id, _options.CgroupManager);
        try
        {
            return Cgroup.Create(path, CgroupLimitsReader.Read(_spec.Linux?.Resources));
        }
        catch (LinuxException e)
        {
            throw ContainerToolsException.FromIO(e, "CgroupFailed", $"The control group '{path}' of container '{_id}' could not be made");
        }
        catch (CgroupException e)
        {
            throw new ContainerToolsException("ResourceLimitFailed", ErrorKind.InvalidArgument, e.Message, _id, e);
        }
    }

    private LaunchedContainer Launch(Cgroup? cgroup)
    {
        using var image = PrepareTables(cgroup);
        using var process = StartProcess(cgroup);
        _channel.Other.Dispose();
        SafeFileHandle? console = null;
        try
        {
            Supply(process.Process.Pid);
            var message = AwaitMessage(ref console);
            if (message == LaunchMessage.Mounted)
            {
                _options.Hooks?.BeforePivot(process.Process.Pid);
                _channel.Send([0]);
                message = AwaitMessage(ref console);
            }
            if (message != LaunchMessage.Ready)
                throw Died(process.Process);
            ProcessLimits.Apply(process.Process.Pid, _spec.Process!);
            var startTime = PidFd.ReadStartTime(process.Process.Pid) ?? throw Died(process.Process);
            if (_options.StartDirectory is not null)
                _channel.Dispose();
            return new LaunchedContainer(process.Process, startTime, cgroup?.Path, console, _options.StartDirectory is null ? _channel : null, _second!);
        }
        catch
        {
            _ = process.Process.SendSignal(Signals.Kill);
            _ = process.Process.Reap();
            process.Process.Dispose();
            console?.Dispose();
            _channel.Dispose();
            throw;
        }
    }

    private SafeFileHandle PrepareTables(Cgroup? cgroup)
    {
        const int ReadWrite = 2, WriteOnly = 1;
        var groups = new List<int>();
        foreach (var file in cgroup?.LegacyJoinFiles ?? [])
            groups.Add(_layout.Open(file, WriteOnly));
        _second = ContainerTable.Second(_spec, _namespaces, _mounts, _layout, groups, cgroup?.Path, ProcessSteps.Filter(_spec), _options);
        var image = TableImage.Create(_second, _layout.Socket);
        List<(int, int)> channels = [(_layout.Socket, _layout.Above((int)_channel.Other.DangerousGetHandle()))];
        if (_options.StartDirectory is { } directory)
        {
            // Opened for both directions, which never blocks.
            channels.Add((_layout.StartFifo, _layout.Open(StartFifos.Start(directory), ReadWrite)));
            channels.Add((_layout.FailureFifo, _layout.Open(StartFifos.Failure(directory), ReadWrite)));
        }
        Span<int> standard = [Standard(_options.StandardInput), Standard(_options.StandardOutput), Standard(_options.StandardError)];
        _first = ContainerTable.First(_layout, standard, channels, groups, _layout.Above((int)image.DangerousGetHandle()), (int)_channel.Own.DangerousGetHandle(), _namespaces.New);
        return image;
    }

    private int Standard(int descriptor)
    {
        const int ReadWrite = 2;
        return descriptor < 0 || _spec.Process!.Terminal ? _layout.Open("/dev/null", ReadWrite) : _layout.Above(descriptor);
    }

    private TableProcess StartProcess(Cgroup? cgroup)
    {
        // The cgroup namespace is made by the process itself, after it joined its groups.
        var flags = (ulong)(_namespaces.New & ~NamespaceKinds.Cgroup & ~(_namespaces.HasNew(NamespaceKinds.User) ? NamespaceKinds.Ipc : NamespaceKinds.None));
        using var joined = new JoinedNamespaces(_namespaces.Joined);
        var unified = cgroup?.UnifiedDirectory is { } path ? _layout.OpenPath(path) : -1;
        return TableProcess.Start(_first!, _layout.Above((int)_channel.Other.DangerousGetHandle()), flags, unified);
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
                IdMap.Write(pid, _namespaces.Users, _namespaces.Groups);
                userNamespace = NamespaceFile.Open(pid, NamespaceKinds.User);
                _channel.Send([0]);
            }
            _options.Hooks?.AfterNamespaces(pid);
            handles.Add(OpenRoot(userNamespace));
            foreach (var bind in _mounts.Binds)
                handles.Add(bind.Open(userNamespace, UserNamespace.Create));
            Span<int> descriptors = stackalloc int[handles.Count];
            for (var i = 0; i < descriptors.Length; i++)
                descriptors[i] = (int)handles[i].DangerousGetHandle();
            _channel.Send(UserData.Encode(ResolveUser(handles[0])), descriptors);
        }
        finally
        {
            foreach (var handle in handles)
                handle.Dispose();
            userNamespace?.Dispose();
        }
    }

    private SafeFileHandle OpenRoot(SafeFileHandle? userNamespace)
    {
        var annotations = _spec.Annotations;
        if (annotations?.GetValueOrDefault(Annotations.Layers) is { Length: > 0 } layers)
        {
            var maps = annotations.GetValueOrDefault(Annotations.IdMapped) == "true" ? userNamespace : null;
            var overlay = new OverlayLayers(layers.Split('\n'), annotations.GetValueOrDefault(Annotations.Upper), annotations.GetValueOrDefault(Annotations.Work));
            return RootFileSystem.Mount(overlay, maps, maps is null ? 0 : IdMap.ToOutside(_namespaces.Users, 0)!.Value, maps is null ? 0 : IdMap.ToOutside(_namespaces.Groups, 0)!.Value);
        }
        var path = Path.GetFullPath(_spec.Root?.Path ?? throw NamespacePlan.Invalid("it has no root"), _bundle);
        try
        {
            return MountApi.OpenTree(null, path, OpenTreeFlags.Clone | OpenTreeFlags.Recursive);
        }
        catch (LinuxException e)
        {
            throw new ContainerToolsException("RootFileSystemNotFound", ErrorKind.NotFound, $"The container's root file system '{path}' cannot be opened: {LinuxException.Describe(e.Errno)}.", path, e);
        }
    }

    private ResolvedUser ResolveUser(SafeFileHandle root) => ResolveUser(root, _spec.Process!.User, _spec.Annotations?.GetValueOrDefault(Annotations.User),
        _spec.Annotations?.GetValueOrDefault(Annotations.Groups)?.Split('\n') ?? []);

    /// <summary>Looks a user up in a root file system.</summary>
    /// <param name="root">The root.</param>
    /// <param name="numbers">The document's numbers: the whole truth, but for the home directory, when there is no text.</param>
    /// <param name="text">The user as text, or null.</param>
    /// <param name="groups">Groups to add, names or numbers.</param>
    public static ResolvedUser ResolveUser(SafeFileHandle root, UserSpec numbers, string? text, IReadOnlyList<string> groups)
    {
        var resolved = UserResolver.Resolve(text ?? numbers.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture), groups, path => RootedFile.Read(root, path));
        return text is not null ? resolved : resolved with { UserId = numbers.Uid, GroupId = numbers.Gid, AdditionalGroups = [.. (numbers.AdditionalGids ?? []).Union(groups.Count > 0 ? resolved.AdditionalGroups : [])] };
    }

    private LaunchMessage AwaitMessage(ref SafeFileHandle? console)
    {
        while (true)
        {
            var message = LaunchFailures.Receive(_channel, out var handle, _first!, _second!);
            if (message != LaunchMessage.Terminal)
                return message;
            console = handle;
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
