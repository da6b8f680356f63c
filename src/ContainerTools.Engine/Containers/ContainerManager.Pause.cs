using ContainerTools.Engine.Events;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;

namespace ContainerTools.Engine.Containers;

/// <content>Suspending and restarting.</content>
public sealed partial class ContainerManager
{
    /// <summary>Suspends all processes of a container (the control group's freezer). One that is suspended already is left as it is.</summary>
    /// <exception cref="ContainerToolsException">ContainerNotRunning, ContainerPauseFailed.</exception>
    public Container Suspend(Container container)
    {
        ArgumentNullException.ThrowIfNull(container);
        var current = Refresh(container);
        if (current.State is ContainerState.Paused)
            return current;
        var cgroup = Cgroup.At(RequireProcess(current, "suspended").Configuration.CgroupPath);
        if (!cgroup.Exists)
        {
            // The group goes when the process has ended, and before the end is recorded.
            throw !StatusReader.IsAlive(current.Status) ? NotRunning(current, "suspended") : new ContainerToolsException("ContainerPauseFailed", ErrorKind.NotSupported,
                $"The container '{current.Name}' has no control group, without which it cannot be suspended" + (UserSession.IsNeeded
                    ? ": an ordinary user's containers have one where his own systemd runs (systemctl --user) with cgroup v2, or a subtree is delegated to the shell." : "."), current.Name);
        }
        try
        {
            cgroup.Freeze();
        }
        catch (IOException e)
        {
            // Half of its processes suspended is worse than none.
            cgroup.Thaw();
            // It may have ended meanwhile, and its group with it.
            current = Refresh(current);
            if (e is LinuxException { Errno: Errno.ENOENT or Errno.ENODEV } || !current.HasProcess)
                throw NotRunning(current, "suspended");
            throw new ContainerToolsException("ContainerPauseFailed", ErrorKind.Unavailable, $"The container '{current.Name}' could not be suspended: {e.Message}", current.Name, e);
        }
        EventLog.AddOfContainer(_paths.Root, current.Configuration, ContainerEventAction.Pause);
        return Refresh(current);
    }

    /// <summary>Whether a container that runs can be suspended: it has a control group.</summary>
    public static bool CanSuspend(Container container)
    {
        ArgumentNullException.ThrowIfNull(container);
        return Cgroup.At(container.Configuration.CgroupPath).Exists;
    }

    /// <summary>Lets a suspended container go on. One that is not suspended is left as it is.</summary>
    /// <exception cref="ContainerToolsException">ContainerNotRunning.</exception>
    public Container Resume(Container container)
    {
        ArgumentNullException.ThrowIfNull(container);
        var current = RequireProcess(Refresh(container), "resumed");
        if (current.State is not ContainerState.Paused)
            return current;
        Cgroup.At(current.Configuration.CgroupPath).Thaw();
        EventLog.AddOfContainer(_paths.Root, current.Configuration, ContainerEventAction.Unpause);
        return Refresh(current);
    }

    /// <summary>Stops a container, if it runs, and starts it. One that is removed at its end is kept for its next run.</summary>
    /// <exception cref="ContainerToolsException">As for stopping and starting.</exception>
    public Task<Container> RestartAsync(Container container, StopOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(options);
        return Task.Factory.StartNew(() => Restart(container, options, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private Container Restart(Container container, StopOptions options, CancellationToken cancellationToken)
    {
        var current = Refresh(container);
        if (current.AutoRemove && current.State is not ContainerState.Created)
            File.WriteAllBytes(Path.Combine(current.Directory, ContainerFiles.Keep), []);
        if (current.State is not (ContainerState.Created or ContainerState.Exited))
            Stop(current, options, cancellationToken);
        var started = Start(current, cancellationToken);
        EventLog.AddOfContainer(_paths.Root, started.Configuration, ContainerEventAction.Restart);
        return started;
    }

    private static Container RequireProcess(Container container, string what) => container.HasProcess ? container : throw NotRunning(container, what);

    private static ContainerToolsException NotRunning(Container container, string what) => new("ContainerNotRunning", ErrorKind.InvalidState, container.HasProcess
        ? $"The container '{container.Name}' has just ended, so it cannot be {what}."
        : $"The container '{container.Name}' is not running ({container.State}), so it cannot be {what}. Start it first.", container.Name);

    private static ContainerToolsException Paused(Container container, string what) => new("ContainerPaused", ErrorKind.InvalidState,
        $"The container '{container.Name}' is paused, so {what}. Resume it first.", container.Name);
}
