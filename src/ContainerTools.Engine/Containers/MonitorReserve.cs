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

    // The container that was just started has the processors until then.
    private static readonly TimeSpan s_replenishing = TimeSpan.FromMilliseconds(50);
    private static readonly Timer s_begin = new(_ => Begin(), null, Timeout.Infinite, Timeout.Infinite);
    private static (string Program, MonitorArguments Arguments, byte[] Document)? s_last;
    private static WaitingMonitor? s_monitor;

    // The container that the monitor gets ready for; it can be nobody else's then.
    private static string? s_container;

    /// <summary>Begins one, if there is none. On the caller's thread: the scheduler may let another one wait for a millisecond.</summary>
    /// <param name="program">The runtime's binary.</param>
    public static void Prepare(string program)
    {
        lock (s_lock)
        {
            // It stays for the other one: to take back what it got ready takes as long as to make it, and might meet with a start.
            if (s_container is not null)
                return;
            s_end.Change(s_patience, Timeout.InfiniteTimeSpan);
            s_monitor ??= TryBegin(program);
        }
    }

    /// <summary>Lets it get ready for a container's start, if there is one.</summary>
    /// <param name="arguments">What it is told at the start.</param>
    /// <param name="document">The container's config.json as it is to be.</param>
    public static void Offer(MonitorArguments arguments, byte[] document)
    {
        lock (s_lock)
        {
            if (s_monitor is null || s_container is not null || document.Length > WaitingMonitor.LongestDocument)
                return;
            s_container = arguments.Id;
            s_monitor.Offer(arguments, document);
        }
    }

    /// <summary>Takes it; null if there is none.</summary>
    /// <param name="program">The runtime's binary: a monitor must be the same.</param>
    /// <param name="id">The container that it is for.</param>
    public static WaitingMonitor? Take(string program, string id)
    {
        WaitingMonitor? monitor;
        lock (s_lock)
        {
            if (s_container is not null && s_container != id)
                return null;
            monitor = TakeCurrent();
        }
        if (monitor is null || (monitor.Program == program && !monitor.Process.HasExited))
            return monitor;
        monitor.End();
        return null;
    }

    /// <summary>Begins the next one in a moment: who has started a container will start another, often.</summary>
    /// <param name="program">The runtime's binary.</param>
    /// <param name="arguments">What the last one was told.</param>
    /// <param name="document">The config.json of its container.</param>
    public static void Replenish(string program, MonitorArguments arguments, byte[] document)
    {
        lock (s_lock)
        {
            s_last = (program, arguments, document);
            s_begin.Change(s_replenishing, Timeout.InfiniteTimeSpan);
        }
    }

    private static void Begin()
    {
        lock (s_lock)
        {
            if (s_last is not { } last || s_monitor is not null)
                return;
            Prepare(last.Program);
            if (last.Document.Length <= WaitingMonitor.LongestDocument)
                s_monitor?.Rehearse(last.Arguments, last.Document);
        }
    }

    /// <summary>Ends it, if it is ready for a container that is being removed.</summary>
    /// <param name="id">The container.</param>
    public static void Forget(string id)
    {
        WaitingMonitor? monitor;
        lock (s_lock)
            monitor = s_container == id ? TakeCurrent() : null;
        monitor?.End();
    }

    private static WaitingMonitor? TakeCurrent()
    {
        var monitor = s_monitor;
        (s_monitor, s_container) = (null, null);
        if (monitor is not null)
            s_end.Change(Timeout.Infinite, Timeout.Infinite);
        return monitor;
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
        WaitingMonitor? monitor;
        lock (s_lock)
            monitor = TakeCurrent();
        monitor?.End();
    }
}
