using ContainerTools.Linux;
using ContainerTools.Linux.Events;

namespace ContainerTools.Engine.Containers;

/// <summary>Waits for the ends of any number of containers, on one thread. Not for several threads at once.</summary>
public sealed class ContainerWaits : IDisposable
{
    private readonly ContainerManager _manager;
    private readonly List<EndWatch> _watches = [];

    internal ContainerWaits(ContainerManager manager) => _manager = manager;

    /// <summary>How many containers are waited for.</summary>
    public int Count => _watches.Count;

    /// <summary>Waits for one more container; one that was never started has ended. It is held from now on: how it ended is known also if it is removed the moment it does.</summary>
    /// <param name="container">The container.</param>
    /// <param name="timeout">How long to wait from now on; null for ever.</param>
    public void Add(Container container, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(container);
        _watches.Add(new EndWatch(_manager, container, timeout));
    }

    /// <summary>Waits for the next that ends, or whose time is over; it is waited for no more.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ContainerWaitResult Next(CancellationToken cancellationToken)
    {
        using var cancelled = new CancellationEvent(cancellationToken);
        var entries = new List<PollEntry>(1 + 2 * _watches.Count);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            entries.Clear();
            entries.Add(new PollEntry { Descriptor = cancelled.Descriptor, Events = EventCalls.PollIn });
            int milliseconds = -1;
            foreach (var watch in _watches)
            {
                if (watch.Step(entries, ref milliseconds) is { } result)
                {
                    _watches.Remove(watch);
                    watch.Dispose();
                    return result;
                }
            }
            LinuxException.ThrowIfFailed(EventCalls.Poll(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(entries), milliseconds), "poll");
        }
    }

    /// <summary>Waits for no more of them.</summary>
    public void Dispose()
    {
        foreach (var watch in _watches)
            watch.Dispose();
        _watches.Clear();
    }
}
