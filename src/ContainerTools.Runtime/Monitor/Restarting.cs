using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Linux.Events;

namespace ContainerTools.Runtime.Monitor;

/// <summary>
/// Starts a container again that has ended, as its restart policy says: this process waits, and begins anew as a monitor that starts its container. Process id and lock
/// stay, so that for everybody else the container is monitored throughout.
/// </summary>
internal static class Restarting
{
    private const int FirstDelay = 100, LastDelay = 60_000;

    /// <summary>How long a container must have run for the next delay to be the first again.</summary>
    private const int ProvenMilliseconds = 10_000;

    /// <summary>Whether the container is to be started again; if so the options are set for that, and the status says so.</summary>
    public static bool IsWanted(MonitorArguments options, ContainerStatus status)
    {
        var policy = RestartFiles.Read(options.Directory);
        bool wanted = policy.Kind switch
        {
            RestartPolicyKind.Always or RestartPolicyKind.UnlessStopped => true,
            RestartPolicyKind.OnFailure => status.ExitCode != 0 && (policy.MaximumRetries == 0 || options.Restarts < policy.MaximumRetries),
            _ => false,
        };
        if (!wanted || IsStopped(options))
            return false;
        bool proven = Environment.TickCount64 - options.StartedAt >= ProvenMilliseconds;
        options.Delay = options.Delay == 0 || proven ? FirstDelay : Math.Min(options.Delay * 2, LastDelay);
        options.Restarts++;
        // What has come true: the one to come counts when it has begun.
        status.RestartCount = options.Restarts - 1;
        status.State = ContainerState.Restarting;
        return true;
    }

    /// <summary>Waits, and begins anew; the root file system of the run that has ended goes first. Returns if somebody stops the container meanwhile: then the status is the last one.</summary>
    public static void Await(MonitorArguments options, ContainerStatus status)
    {
        // It is where the mounts for another runtime are, and would keep them when the next run leaves them.
        if (options.Runtime is not null)
            Guard.End(options);
        RootLock.Release(options);
        if (options.Pid > 0)
        {
            EventCalls.SetCloseOnExec(options.OutputDescriptor, true);
            EventCalls.SetCloseOnExec(options.ErrorDescriptor, true);
        }
        try
        {
            StatusReader.WriteFile(options.Directory, status, durable: false);
        }
        catch (ContainerToolsException)
        {
            // The disk is full. The next start may find room.
        }
        long end = Environment.TickCount64 + options.Delay;
        using (var watch = new DirectoryWatch(options.Directory))
        {
            while (!IsOver(options) && end > Environment.TickCount64)
                watch.Wait(TimeSpan.FromMilliseconds(end - Environment.TickCount64), CancellationToken.None);
        }
        if (!IsOver(options))
        {
            options.Settled = false;
            options.Pid = 0;
            MonitorArguments.SetCloseOnExec(false);
            if (options.SessionDescriptor >= 0)
                EventCalls.SetCloseOnExec(options.SessionDescriptor, false);
            Guard.SetCloseOnExec(options, false);
            _ = EventCalls.ReplaceSelf(["ctrun", "monitor", .. options.ToArguments()]);
        }
        status.State = ContainerState.Exited;
    }

    /// <summary>Whether the wait for a restart is in vain, because somebody stops the container or takes its policy away.</summary>
    private static bool IsOver(MonitorArguments options) => IsStopped(options) || RestartFiles.Read(options.Directory).Kind is RestartPolicyKind.No;

    private static bool IsStopped(MonitorArguments options) => RestartFiles.IsStopped(options.Directory) || RestartFiles.IsHalted(options.RunRoot);
}
