using ContainerTools.Engine.Events;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Containers;

/// <content>Stopping, signals, removal.</content>
public sealed partial class ContainerManager
{
    private static readonly TimeSpan s_killTimeout = TimeSpan.FromSeconds(10);

    // How soon a monitor is found that stands still.
    private static readonly TimeSpan s_lookTime = TimeSpan.FromSeconds(1);

    /// <summary>How long a start, which can't be killed from outside, may take on a host that has much to do.</summary>
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Stops a container: its stop signal, and SIGKILL when the time is over. Returns when it has ended and its exit is recorded; at once if it does not run.
    /// </summary>
    /// <exception cref="ContainerToolsException">ContainerNotFound, InvalidSignal, ContainerStopFailed.</exception>
    public Task<Container> StopAsync(Container container, StopOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(options);
        return Task.Factory.StartNew(() => Stop(container, options, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Sends a signal to a container's PID 1.</summary>
    /// <param name="container">The container.</param>
    /// <param name="signal">As <c>SIGHUP</c>, <c>HUP</c> or <c>1</c>.</param>
    /// <exception cref="ContainerToolsException">ContainerNotRunning, InvalidSignal.</exception>
    public void Kill(Container container, string signal)
    {
        ArgumentNullException.ThrowIfNull(container);
        int number = SignalNames.Parse(signal);
        var current = Refresh(container);
        if (number == Signals.Kill || number == SignalNames.OfStop(current))
            MarkStopped(current);
        if (Signal(current, number))
        {
            // Other signals wait until it is resumed.
            EventLog.AddOfContainer(_paths.Root, current.Configuration, ContainerEventAction.Kill, ("signal", Signals.NameOf(number)));
            if (number == Signals.Kill)
                Cgroup.At(current.Configuration.CgroupPath).Thaw();
        }
        else
        {
            throw new ContainerToolsException("ContainerNotRunning", ErrorKind.InvalidState,
                $"The container '{current.Name}' is not running ({current.State}), so it cannot be sent {signal}.", current.Name);
        }
    }

    /// <summary>Removes a container and its writable layer. Volumes stay, but for anonymous ones when that is asked for.</summary>
    /// <exception cref="ContainerToolsException">ContainerRunning; ContainerNotFound, unless it is forced.</exception>
    public Task RemoveAsync(Container container, RemoveContainerOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(options);
        return Task.Run(() => Remove(container, options, cancellationToken), cancellationToken);
    }

    /// <summary>Removes a container, on the caller's thread.</summary>
    /// <inheritdoc cref="RemoveAsync"/>
    public void Remove(Container container, RemoveContainerOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            RemoveLocked(container, options, cancellationToken);
        }
        catch (ContainerToolsException e) when (options.Force && e.ErrorId == "ContainerNotFound")
        {
            // It was removed at its end, which this has brought about, or by somebody else meanwhile.
        }
    }

    private Container Stop(Container container, StopOptions options, CancellationToken cancellationToken)
    {
        var current = Refresh(container);
        // Whoever asks a container to end wants no restart, and does so before.
        MarkStopped(current);
        var ended = End(current, options, cancellationToken);
        if (current.State is not (ContainerState.Created or ContainerState.Exited))
            EventLog.AddOfContainer(_paths.Root, ended.Configuration, ContainerEventAction.Stop);
        return ended;
    }

    private Container End(Container current, StopOptions options, CancellationToken cancellationToken)
    {
        int signal = options.Signal is { } asked ? SignalNames.Parse(asked) : SignalNames.OfStop(current);
        var timeout = options.Timeout ?? current.StopTimeout;
        bool unlimited = timeout < TimeSpan.Zero;
        if (timeout != TimeSpan.Zero && Signal(current, signal))
        {
            // The signal waits for a suspended process, which then goes on with it.
            if (current.State is ContainerState.Paused)
                Cgroup.At(current.Configuration.CgroupPath).Thaw();
            for (var rest = timeout; unlimited || rest > TimeSpan.Zero; rest -= unlimited ? TimeSpan.Zero : s_lookTime)
            {
                LetMonitorGoOn(current);
                if (Wait(current, unlimited || rest > s_lookTime ? s_lookTime : rest, cancellationToken) is { } ended)
                    return ended;
            }
            current = Refresh(current);
        }
        return KillAndWait(current, cancellationToken);
    }

    private static void MarkStopped(Container container)
    {
        if (container.State is ContainerState.Restarting || (container.Configuration.RestartPolicy is not null && container.HasProcess))
            RestartFiles.MarkStopped(container.Directory);
    }

    /// <summary>Kills PID 1; in version 1 of cgroups a suspended process does not even die, so it goes on first.</summary>
    /// <exception cref="ContainerToolsException">ContainerStopFailed: it does not end.</exception>
    private Container KillAndWait(Container container, CancellationToken cancellationToken)
    {
        // Its monitor may be waiting for who takes its last output.
        ContainerFiles.Mark(container.Directory, ContainerFiles.GivenUp);
        var cgroup = Cgroup.At(container.Configuration.CgroupPath);
        long end = Environment.TickCount64 + (long)s_startTimeout.TotalMilliseconds;
        // Again after a while, should somebody suspend it meanwhile.
        for (int kills = 0; kills < s_killTimeout.TotalSeconds;)
        {
            if (Signal(container, Signals.Kill))
            {
                cgroup.Thaw();
                kills++;
            }
            else if (Environment.TickCount64 >= end)
            {
                throw new ContainerToolsException("ContainerStopFailed", ErrorKind.Timeout,
                    $"The container '{container.Name}' is being started, ended or removed by another process, which has not finished within {s_startTimeout.TotalSeconds} seconds.", container.Name);
            }
            LetMonitorGoOn(container);
            if (Wait(container, s_lookTime, cancellationToken) is { } ended)
                return ended;
            // One that was just being started has a process by now.
            if (_records.TryRead(container.Id) is { } configuration)
                container = Snapshot(configuration);
        }
        throw new ContainerToolsException("ContainerStopFailed", ErrorKind.Timeout,
            $"The container '{container.Name}' did not end within {s_killTimeout.TotalSeconds} seconds of SIGKILL: its process {container.Status.Pid} hangs in the kernel, perhaps on a file system that does not answer.", container.Name);
    }

    /// <summary>The end of a container is seen by its monitor only: one that somebody has stopped goes on.</summary>
    /// <exception cref="ContainerToolsException">ContainerStopFailed: a debugger holds it.</exception>
    private static void LetMonitorGoOn(Container container)
    {
        using var lockFile = MonitorLockFile.TryOpen(container.Directory);
        using var monitor = lockFile?.OpenMonitor();
        if (monitor is null || PidFd.ReadStat(monitor.Pid) is not var (state, _))
            return;
        if (state == 'T')
            _ = monitor.SendSignal(Signals.Continue);
        else if (state == 't')
        {
            throw new ContainerToolsException("ContainerStopFailed", ErrorKind.InvalidState,
                $"The end of the container '{container.Name}' cannot be recorded: its monitor, process {monitor.Pid}, is held by a debugger. Let it go on or end it, and stop the container again.", container.Name);
        }
    }

    private void RemoveLocked(Container container, RemoveContainerOptions options, CancellationToken cancellationToken)
    {
        string directory = _records.DirectoryOf(container.Id);
        using var lockFile = LockForRemoval(container, directory, options.Force, cancellationToken);
        var configuration = _records.TryRead(container.Id) ?? throw NotFound(container.Name);
        try
        {
            MonitorReserve.Forget(configuration.Id);
            // Usually there is nothing: the monitor has done it, unless it was killed while it was starting the container.
            ContainerLeftovers.Remove(_paths.RunRoot, configuration.Id, configuration.CgroupPath, runtime: null);
            DeleteDirectory(configuration.Id);
            EventLog.AddOfContainer(_paths.Root, configuration, ContainerEventAction.Remove);
            RemoveMonitorsCgroup(lockFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "ContainerRemoveFailed", $"The container '{configuration.Name}' could not be removed", configuration.Name);
        }
        if (options.RemoveVolumes || configuration.AutoRemove)
            _volumes.RemoveAnonymous(configuration);
    }

    private static void RemoveMonitorsCgroup(MonitorLockFile lockFile)
    {
        if (!Cgroup.At(ContainerLeftovers.MonitorsCgroup).Exists)
            return;
        // It lets go of the lock a moment before it ends, and until then is in the group.
        using (var monitor = lockFile.OpenMonitor())
            _ = monitor?.WaitForExit(s_endTime, CancellationToken.None);
        ContainerLeftovers.RemoveMonitorsCgroup();
    }

    private MonitorLockFile LockForRemoval(Container container, string directory, bool force, CancellationToken cancellationToken)
    {
        const int Attempts = 10;
        for (int attempt = 1; ; attempt++)
        {
            if (force && Refresh(container).State is not (ContainerState.Exited or ContainerState.Created))
                Stop(container, new StopOptions { Timeout = TimeSpan.Zero }, cancellationToken);
            try
            {
                return LockForChange(container, directory, returnIfRunning: false, cancellationToken)!;
            }
            catch (ContainerToolsException e) when (force && e.ErrorId == "ContainerRunning" && attempt < Attempts)
            {
                // Somebody has started it in between.
            }
        }
    }

    /// <summary>Signals PID 1 if the container runs.</summary>
    private static bool Signal(Container container, int signal)
    {
        if (!container.HasProcess)
            return false;
        using var process = PidFd.TryOpen(container.Status.Pid, container.Status.PidStartTime);
        return process is not null && process.SendSignal(signal);
    }

    /// <summary>Ends and records what a killed monitor left behind, unless somebody else is at it.</summary>
    /// <returns>What became of it; null when somebody else knows.</returns>
    private ContainerStatus? Recover(ContainerConfiguration configuration, string directory)
    {
        using var lockFile = MonitorLockFile.TryOpen(directory);
        if (lockFile is null || !lockFile.TryLock())
            return null;
        return Unfinished(directory) is { } status ? Clean(configuration, directory, lockFile, status) : null;
    }

    /// <summary>The state of a container that has run since the machine did, and of whose end nothing is on record; else null.</summary>
    private static ContainerStatus? Unfinished(string directory) =>
        StatusReader.ReadFile(directory, out _) is { State: not ContainerState.Exited } status && status.BootId == BootId.Current ? status : null;

    /// <summary>Ends, cleans and records; the lock is held.</summary>
    private ContainerStatus Clean(ContainerConfiguration configuration, string directory, MonitorLockFile lockFile, ContainerStatus status)
    {
        using (var process = PidFd.TryOpen(status.Pid, status.PidStartTime))
        {
            if (process is not null)
            {
                process.SendSignal(Signals.Kill);
                Cgroup.At(configuration.CgroupPath).Thaw();
                process.WaitForExit(s_killTimeout, CancellationToken.None);
            }
        }
        ContainerLeftovers.Remove(_paths.RunRoot, configuration.Id, configuration.CgroupPath, configuration.Runtime);
        // A monitor that came to its end, but could not write it down because the disk was full, has left it in the lock's file.
        if (lockFile.ReadLastStatus() is { State: ContainerState.Exited } last && last.Pid == status.Pid)
        {
            status = last;
        }
        else
        {
            StatusReader.Abandoned(status);
            status.FinishedAt = DateTimeOffset.UtcNow;
            EventLog.AddOfContainer(_paths.Root, configuration, ContainerEventAction.Die, ("exitCode", $"{status.ExitCode}"), ("error", status.Error));
        }
        try
        {
            StatusReader.WriteFile(directory, status, durable: true);
        }
        catch (ContainerToolsException e) when (e.ErrorId == "StorageFull")
        {
            // Whoever looks next comes here again; and who wants to remove the container, to have room, must be able to.
        }
        if (configuration.AutoRemove && !File.Exists(Path.Combine(directory, ContainerFiles.Keep)))
        {
            DeleteDirectory(configuration.Id);
            EventLog.AddOfContainer(_paths.Root, configuration, ContainerEventAction.Remove);
            _volumes.RemoveAnonymous(configuration);
        }
        return status;
    }

    private void DeleteDirectory(string id) => ContainerRoot.Delete(_paths, id);
}
