using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Systemd;
using ContainerTools.Engine.Volumes;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Containers;

/// <content>Starting, and waiting for the end.</content>
public sealed partial class ContainerManager
{
    // A monitor whose container has ended may also start it again.
    private static readonly TimeSpan s_endTime = TimeSpan.FromMilliseconds(100);

    /// <summary>Starts a container and returns when its command has been executed. One that runs already is left as it is.</summary>
    /// <exception cref="ContainerToolsException">CommandNotFound, CommandNotExecutable, UserNotFound, WorkingDirectoryNotFound, ContainerNotFound, ...</exception>
    public Task<Container> StartAsync(Container container, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        return Task.Run(() => Start(container, cancellationToken), cancellationToken);
    }

    /// <summary>Starts a container and returns when its command has been executed, on the caller's thread.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public Container Start(Container container, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        return Start(container, attachment: null, cancellationToken);
    }

    /// <summary>Starts a container that ends, and is removed, with this process: killed in whatever way, it does not leave it behind.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public Task<Container> StartBoundAsync(Container container, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        return Task.Run(() => Start(container, new ContainerAttachment { Bound = true }, cancellationToken), cancellationToken);
    }

    /// <summary>Waits for the ends of containers, on the caller's thread.</summary>
    public ContainerWaits Await() => new(this);

    /// <summary>Waits until a container does not run; one that was never started does not.</summary>
    /// <returns>The container with its exit code, also when it was removed the moment it ended.</returns>
    public Task<Container> WaitAsync(Container container, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        return Task.Factory.StartNew(() => Wait(container, null, cancellationToken)!, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private Container Start(Container container, ContainerAttachment? attachment, CancellationToken cancellationToken) =>
        TryStart(container, attachment, mayBeLost: true, cancellationToken) ?? TryStart(container, attachment, mayBeLost: false, cancellationToken)!;

    /// <summary>Starts a container, or answers null if nothing has happened because the monitor in reserve was killed the moment it was called: it looks like an idle process.</summary>
    /// <param name="container">The container.</param>
    /// <param name="attachment">Who is there.</param>
    /// <param name="mayBeLost">Whether null may be the answer.</param>
    /// <param name="cancellationToken">Abandons the start.</param>
    private Container? TryStart(Container container, ContainerAttachment? attachment, bool mayBeLost, CancellationToken cancellationToken)
    {
        string directory = _records.DirectoryOf(container.Id);
        using var lockFile = LockForChange(container, directory, returnIfRunning: true, cancellationToken);
        if (lockFile is null)
        {
            var running = Refresh(container);
            if (attachment is not null)
            {
                throw new ContainerToolsException("ContainerRunning", ErrorKind.InvalidState,
                    $"The container '{container.Name}' was just started by somebody else. Attach to it again.", container.Name);
            }
            return running.State is ContainerState.Paused ? throw Paused(running, "it is not started") : running;
        }
        var configuration = _records.TryRead(container.Id) ?? throw NotFound(container.Name);
        MoveToScope(configuration);
        try
        {
            // Before all else, where nobody else must start it: while it begins, what it needs is written.
            using var monitor = new MonitorStart(_runtimePath, ArgumentsFor(configuration, attachment), lockFile, attachment?.Input ?? -1, waits: !UserSession.IsNeeded);
            foreach (var mount in configuration.Mounts.Where(m => m.Kind is ContainerMountKind.Bind && !Path.Exists(m.Source)))
                throw MountPlanner.MissingBind(mount.Source);
            foreach (var mount in configuration.Mounts.Where(m => m.Kind is ContainerMountKind.Volume))
                _volumes.Restore(mount, configuration.RootOnDisk);
            if (configuration.MountPointsPath is { } mountPoints)
                MountPoints.Ensure(_paths, mountPoints);
            EtcFiles.Write(configuration);
            var specification = BuildSpecification(configuration, PrepareNetworks(configuration, directory), PrepareSharedNamespaces(configuration));
            EtcFiles.SetOwners(_paths, configuration);
            lockFile.Clear();
            if (configuration.AutoRemove)
                SetKept(directory, attachment is not null);
            if (attachment is { Bound: true })
                File.WriteAllBytes(Path.Combine(directory, ContainerFiles.Bound), []);
            // Also without a policy: it may get one while it runs.
            RestartFiles.ClearStopped(directory);
            File.Delete(Path.Combine(directory, ContainerFiles.GivenUp));
            if (configuration.RestartPolicy is not null)
                RestartFiles.ClearHalt(_paths.RunRoot);
            byte[] report;
            try
            {
                report = monitor.Run(RuntimeJson.WriteSpec(specification), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Abort(configuration, lockFile, monitor);
                throw;
            }
            // What it has read of the container's input, and whom it has connected to, would be lost.
            if (report.Length == 0 && mayBeLost && monitor.WasInReserve && attachment is not ({ Input: >= 0 } or { ConsoleSocket: not null }) && Unfinished(directory) is null)
            {
                Abort(configuration, lockFile, monitor);
                return null;
            }
            StartReport.Check(report, configuration.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "ContainerStartFailed", $"The container '{configuration.Name}' could not be started", configuration.Name);
        }
        return new Container(configuration, StatusReader.ReadFile(directory, out _) ?? lockFile.ReadLastStatus() ?? StatusReader.Abandoned(new ContainerStatus()), directory);
    }

    /// <summary>An ordinary user's container that was made where no systemd of his ran gets its scope with the first start where one does.</summary>
    private void MoveToScope(ContainerConfiguration configuration)
    {
        if (!UserSession.IsRootless || ContainerScope.Contains(configuration.CgroupPath) || ContainerScope.PathFor(configuration.Id) is not { } path)
            return;
        using (StoreLock.Acquire(_paths, NamesLock, exclusive: true, CancellationToken.None))
        {
            var current = _records.TryRead(configuration.Id) ?? throw NotFound(configuration.Name);
            current.CgroupPath = configuration.CgroupPath = path;
            WriteRecord(current);
        }
    }

    private MonitorArguments ArgumentsFor(ContainerConfiguration configuration, ContainerAttachment? attachment)
    {
        var arguments = new MonitorArguments
        {
            Root = _paths.Root,
            RunRoot = _paths.RunRoot,
            Id = configuration.Id,
            Runtime = configuration.Runtime,
            CgroupPath = configuration.CgroupPath,
            AutoRemove = configuration.AutoRemove,
            Health = configuration.HealthCheck is not null,
            LogMaxSize = configuration.LogMaxSize ?? 0,
            LogMaxFiles = configuration.LogMaxFiles,
            Interactive = configuration.Interactive && !configuration.Terminal,
        };
        if (attachment is not null)
        {
            arguments.Attached = true;
            arguments.Bound = attachment.Bound;
            arguments.ConsoleSocket = attachment.ConsoleSocket;
            arguments.RawOutput = attachment.RawOutput;
            (arguments.Rows, arguments.Columns) = attachment.Size ?? (arguments.Rows, arguments.Columns);
        }
        return arguments;
    }

    /// <summary>Ends a start that the caller does not want any more.</summary>
    private void Abort(ContainerConfiguration configuration, MonitorLockFile lockFile, MonitorStart monitor)
    {
        // An ordinary user's monitor is not the child of this process.
        using (var own = UserSession.IsNeeded ? lockFile.OpenMonitor() : null)
        {
            _ = own?.SendSignal(9);
            _ = own?.WaitForExit(s_killTimeout, CancellationToken.None);
        }
        monitor.Kill(s_killTimeout);
        string directory = _records.DirectoryOf(configuration.Id);
        if (Unfinished(directory) is { } status)
            Clean(configuration, directory, lockFile, status);
        else
            ContainerLeftovers.Remove(_paths.RunRoot, configuration.Id, configuration.CgroupPath, configuration.Runtime);
    }

    /// <summary>
    /// Takes the lock under which a container's life is changed. While its monitor is at work after the end of the process, that is waited for; while it
    /// runs, the answer is null or an error.
    /// </summary>
    private MonitorLockFile? LockForChange(Container container, string directory, bool returnIfRunning, CancellationToken cancellationToken)
    {
        int round = 0;
        while (true)
        {
            MonitorProcesses.Collect();
            var file = MonitorLockFile.TryOpen(directory) ?? throw NotFound(container.Name);
            bool keep = false;
            try
            {
                if (file.TryLock())
                {
                    // It may have been removed or begun anew between opening and locking.
                    if (!File.Exists(Path.Combine(directory, ContainerFiles.Configuration)))
                        throw NotFound(container.Name);
                    keep = true;
                    if (Unfinished(directory) is { } status)
                        Clean(_records.TryRead(container.Id) ?? throw NotFound(container.Name), directory, file, status);
                    return file;
                }
                using var monitor = file.OpenMonitor();
                var current = StatusReader.ReadFile(directory, out _);
                bool ending = current is { State: ContainerState.Exited } || current is { } s && !StatusReader.IsAlive(s);
                if (monitor is not null && (current is { State: ContainerState.Restarting } || !ending && current is { State: ContainerState.Running }))
                {
                    if (returnIfRunning)
                        return null;
                    throw new ContainerToolsException("ContainerRunning", ErrorKind.InvalidState,
                        $"The container '{container.Name}' is {Refresh(container).State.ToString().ToLowerInvariant()}. Stop it first, or use -Force.", container.Name);
                }
                // Ending, or just being started or removed by someone else: soon over.
                if (monitor is not null && ending)
                    monitor.WaitForExit(s_endTime, cancellationToken);
                else
                    WaitForChange(ref round, cancellationToken);
            }
            finally
            {
                if (!keep)
                    file.Dispose();
            }
        }
    }

    /// <summary>
    /// How many milliseconds to wait for what somebody else is doing to a container and will soon have done. Nothing tells when a lock is let go of, and taking an inotify(7) watch away
    /// costs 15 ms, so the caller looks again after a moment.
    /// </summary>
    internal static int NextPause(ref int round)
    {
        int pause = Math.Min(1 << round, 20);
        round = Math.Min(round + 1, 5);
        return pause;
    }

    private static void WaitForChange(ref int round, CancellationToken cancellationToken)
    {
        cancellationToken.WaitHandle.WaitOne(NextPause(ref round));
        cancellationToken.ThrowIfCancellationRequested();
    }

    private Container? Wait(Container container, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        using var waits = Await();
        waits.Add(container, timeout);
        var result = waits.Next(cancellationToken);
        return result.Error is null ? result.Ended : throw result.Error;
    }

    /// <summary>What is known of a container whose monitor has come to its end; null if it runs again, or somebody else is just recording that the monitor was killed.</summary>
    internal Container? AfterMonitor(Container container, MonitorLockFile lockFile)
    {
        if (_records.TryRead(container.Id) is not { } configuration)
            return new Container(container.Configuration, lockFile.ReadLastStatus() ?? StatusReader.Abandoned(new ContainerStatus()), DirectoryOf(container));
        var snapshot = Snapshot(configuration);
        return snapshot.State is ContainerState.Exited ? snapshot : null;
    }
}
