using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Store;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Processes;
using ContainerTools.Linux.Trees;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.Launching;
using ContainerTools.Runtime.State;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Monitor;

/// <summary>Makes a container with the runtime in this process. It is known to the runtime's command line too, for <c>exec</c>, <c>state</c> and <c>kill</c>.</summary>
/// <param name="options">The monitor's arguments.</param>
/// <param name="ready">What there is of the container already; null for nothing.</param>
internal sealed class OwnRuntimeStarter(MonitorArguments options, ReadyContainer? ready) : IContainerStarter
{
    private LaunchedContainer? _container;
    private StateDirectory? _directory;

    /// <summary>What a monitor launches a container with.</summary>
    /// <param name="input">Descriptor for its standard input; -1 for none.</param>
    /// <param name="pipes">Its other standard streams.</param>
    public static LaunchOptions LaunchOptions(int input, StreamPipes pipes) => new() { StandardInput = input, StandardOutput = pipes.OutputWrite, StandardError = pipes.ErrorWrite, HoldsRoot = true, EndsWithLauncher = true };

    public PidFd Create(int input, StreamPipes pipes, Action<int> made)
    {
        string path = Path.Combine(options.Directory, ContainerFiles.Specification);
        byte[] document = ready?.Document ?? File.ReadAllBytes(path);
        var spec = ready?.Spec ?? RuntimeJson.ReadSpec(document);
        string root = ContainerLeftovers.RuntimeRoot(options.RunRoot);
        // What a start that was cut short has left: the lock says that nobody else is at it.
        TreeRemoval.Remove(Path.Combine(root, options.Id));
        if (ready is null)
        {
            JoinedContainers.Refresh(spec, options);
            RemoveLeftGroup();
        }
        RootLock.Take();
        _directory = StateDirectory.Create(root, options.Id);
        // New interfaces take what its process sets for all of them, which it does while it makes its mounts: then they come after that.
        bool waits = spec.Linux?.Sysctl?.Keys.Any(k => k.StartsWith("net.", StringComparison.Ordinal)) == true;
        using (var launcher = ready?.Launcher ?? ContainerLauncher.Begin(spec, options.Directory, options.Id, LaunchOptions(input, pipes)))
        {
            _container = launcher.Finish((pid, cgroup) =>
            {
                if (ready is not null)
                    AtomicFile.Write(path, document, durable: false);
                WriteState(pid, cgroup, spec, document);
                if (!waits)
                    made(pid);
            });
        }
        if (waits)
            made(_container.Pid);
        return _container.Process;
    }

    private void WriteState(int pid, string? cgroup, RuntimeSpec spec, ReadOnlySpan<byte> document) => _directory!.Write(new ContainerStateFile
    {
        Id = options.Id,
        Bundle = options.Directory,
        Pid = pid,
        StartTime = PidFd.ReadStartTime(pid) ?? 0,
        Created = DateTimeOffset.UtcNow,
        CgroupPath = cgroup,
        Annotations = spec.Annotations,
    }, document);

    /// <summary>
    /// Removes a control group that an earlier run has left, or another shell's monitor that got the container ready. If it was killed as a whole (cgroup.kill), the kernel kills whoever is
    /// cloned into it later too (seen with Linux 6.18).
    /// </summary>
    private void RemoveLeftGroup()
    {
        var group = Cgroup.At(options.CgroupPath);
        if (group.UnifiedDirectory is { } directory && Directory.Exists(directory))
            _ = group.Clear();
    }

    public int TakeConsole() => Take(_container!.Console);

    public int TakeRoot() => Take(_container!.Root);

    public void Start() => _container!.Start();

    public void Dispose()
    {
        ready?.Dispose();
        _container?.Dispose();
    }

    private static int Take(SafeFileHandle? handle)
    {
        int descriptor = (int?)handle?.DangerousGetHandle() ?? -1;
        handle?.SetHandleAsInvalid();
        return descriptor;
    }
}
