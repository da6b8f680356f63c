using ContainerTools.Linux;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// One monitor in reserve: a container that is made will soon be started, most often, and its monitor can begin meanwhile, and get ready what of that container nobody sees. When nobody comes
/// for it, it ends after a while.
/// </summary>
internal static class MonitorReserve
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private static readonly Lock s_lock = new();
    private static readonly Timer s_end = new(_ => Discard(), null, Timeout.Infinite, Timeout.Infinite);
    private static Task<WaitingMonitor?>? s_monitor;

    // The container that the monitor gets ready for; it can be nobody else's then.
    private static string? s_container;

    // One got ready for nothing: somebody makes containers that he does not start. Until he starts one, no more are.
    private static bool s_wasted;

    /// <summary>Begins one on another thread, if there is none.</summary>
    /// <param name="program">The runtime's binary.</param>
    public static void Prepare(string program)
    {
        lock (s_lock)
        {
            if (s_container is not null)
            {
                s_wasted = true;
                var idle = TakeTask()!;
                _ = Task.Run(() => idle.GetAwaiter().GetResult()?.End());
            }
            s_end.Change(s_patience, Timeout.InfiniteTimeSpan);
            s_monitor ??= Task.Run(() => TryBegin(program));
        }
    }

    /// <summary>Lets it get ready for a container's start, if there is one.</summary>
    /// <param name="arguments">What it is told at the start.</param>
    /// <param name="document">The container's config.json as it is to be.</param>
    public static void Offer(MonitorArguments arguments, byte[] document)
    {
        lock (s_lock)
        {
            if (s_monitor is null || s_container is not null || s_wasted || document.Length > WaitingMonitor.LongestDocument)
                return;
            s_container = arguments.Id;
            if (s_monitor.IsCompletedSuccessfully)
                s_monitor.Result?.Offer(arguments, document);
            else
                s_monitor = OfferLater(s_monitor, arguments, document);
        }
    }

    private static async Task<WaitingMonitor?> OfferLater(Task<WaitingMonitor?> begun, MonitorArguments arguments, byte[] document)
    {
        var monitor = await begun.ConfigureAwait(false);
        monitor?.Offer(arguments, document);
        return monitor;
    }

    /// <summary>Takes it; null if there is none.</summary>
    /// <param name="program">The runtime's binary: a monitor must be the same.</param>
    /// <param name="id">The container that it is for.</param>
    public static WaitingMonitor? Take(string program, string id)
    {
        Task<WaitingMonitor?>? task;
        lock (s_lock)
        {
            s_wasted = false;
            if (s_container is not null && s_container != id)
                return null;
            task = TakeTask();
        }
        // Under way it is sooner here than one that is begun now.
        var monitor = task?.GetAwaiter().GetResult();
        if (monitor is null || (monitor.Program == program && !monitor.Process.HasExited))
            return monitor;
        monitor.End();
        return null;
    }

    /// <summary>Ends it, if it is ready for a container that is being removed.</summary>
    /// <param name="id">The container.</param>
    public static void Forget(string id)
    {
        Task<WaitingMonitor?>? task;
        lock (s_lock)
            task = s_container == id ? TakeTask() : null;
        task?.GetAwaiter().GetResult()?.End();
    }

    private static Task<WaitingMonitor?>? TakeTask()
    {
        var task = s_monitor;
        (s_monitor, s_container) = (null, null);
        if (task is not null)
            s_end.Change(Timeout.Infinite, Timeout.Infinite);
        return task;
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
            task = TakeTask();
        task?.GetAwaiter().GetResult()?.End();
    }
}
