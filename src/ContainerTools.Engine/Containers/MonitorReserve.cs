using ContainerTools.Linux;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// One monitor in reserve: a container that is made will soon be started, most often, and its monitor can begin meanwhile. When nobody comes for it, it ends after a while.
/// </summary>
internal static class MonitorReserve
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private static readonly Lock s_lock = new();
    private static readonly Timer s_end = new(_ => Discard(), null, Timeout.Infinite, Timeout.Infinite);
    private static Task<WaitingMonitor?>? s_monitor;

    /// <summary>Begins one on another thread, if there is none.</summary>
    /// <param name="program">The runtime's binary.</param>
    public static void Prepare(string program)
    {
        lock (s_lock)
        {
            s_end.Change(s_patience, Timeout.InfiniteTimeSpan);
            s_monitor ??= Task.Run(() => TryBegin(program));
        }
    }

    /// <summary>Takes it; null if there is none.</summary>
    /// <param name="program">The runtime's binary: a monitor must be the same.</param>
    public static WaitingMonitor? Take(string program)
    {
        Task<WaitingMonitor?>? task;
        lock (s_lock)
        {
            (task, s_monitor) = (s_monitor, null);
            if (task is not null)
                s_end.Change(Timeout.Infinite, Timeout.Infinite);
        }
        // Under way it is sooner here than one that is begun now.
        var monitor = task?.GetAwaiter().GetResult();
        if (monitor is null || (monitor.Program == program && !monitor.Process.HasExited))
            return monitor;
        monitor.End();
        return null;
    }

    private static WaitingMonitor? TryBegin(string program)
    {
        try
        {
            return WaitingMonitor.Begin(program);
        }
        catch (LinuxException)
        {
            // The start will say why.
            return null;
        }
    }

    private static void Discard()
    {
        Task<WaitingMonitor?>? task;
        lock (s_lock)
            (task, s_monitor) = (s_monitor, null);
        task?.GetAwaiter().GetResult()?.End();
    }
}
