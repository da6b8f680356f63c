using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using ContainerTools.Engine.Networks;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using ContainerTools.Runtime.Launching;

namespace ContainerTools.Runtime.Forwarding;

/// <summary>
/// <c>ctrun forward PID MONITOR DIRECTORY DESCRIPTOR/PROTOCOL/ADDRESS/PORT ...</c>: passes on what arrives at published ports, until the container's first process or its monitor ends.
/// Where to, the container's directory says (<see cref="ForwardTargets"/>), also when that changes.
/// </summary>
internal static class ForwardCommand
{
    private const int NoOneWaits = -1, Second = 1000;

    public static int Run(string pid, string monitor, string directory, string[] ports)
    {
        using var process = PidFd.TryOpen(int.Parse(pid, CultureInfo.InvariantCulture));
        // Without it the container is lost, and its ports are free for others.
        using var keeper = PidFd.TryOpen(int.Parse(monitor, CultureInfo.InvariantCulture));
        if (process is null || keeper is null)
            return 0;
        ProcessLimits.RaiseOpenFiles();
        List<IForwarding> forwardings = [];
        var listeners = new Dictionary<(string Protocol, IPAddress Address, int Port), IPortListener>();
        foreach (var port in ports)
        {
            // An address has no slash.
            var parts = port.Split('/');
            var descriptor = int.Parse(parts[0], CultureInfo.InvariantCulture);
            EventCalls.SetNonBlocking(descriptor);
            IPortListener listener = parts[1] == "udp" ? new DatagramListener(descriptor, forwardings) : new StreamListener(descriptor, forwardings);
            listeners[(parts[1], IPAddress.Parse(parts[2]), int.Parse(parts[3], CultureInfo.InvariantCulture))] = listener;
            forwardings.Add(listener);
        }
        var changes = EventCalls.NotifyDescriptor();
        _ = EventCalls.AddWatch(changes, directory, EventCalls.MovedIn);
        SetTargets(listeners, directory);
        var entries = new List<PollEntry>();
        while (true)
        {
            entries.Clear();
            entries.Add(new PollEntry { Descriptor = process.Fd, Events = EventCalls.PollIn });
            entries.Add(new PollEntry { Descriptor = keeper.Fd, Events = EventCalls.PollIn });
            entries.Add(new PollEntry { Descriptor = changes, Events = EventCalls.PollIn });
            // Those that come while others are worked on are polled in the next round.
            var polled = forwardings.Count;
            for (var i = 0; i < polled; i++)
                forwardings[i].Watch(entries);
            var found = CollectionsMarshal.AsSpan(entries);
            if (EventCalls.Poll(found, forwardings.Exists(f => f.Expires) ? Second : NoOneWaits) < 0)
                return 1;
            if ((found[0].Found | found[1].Found) != 0)
                return 0;
            var next = 3;
            for (var i = 0; i < polled; i++)
                forwardings[i].Work(found, ref next);
            if (found[2].Found != 0 && HasChanged(changes))
                SetTargets(listeners, directory);
            forwardings.RemoveAll(f => f.IsOver);
        }
    }

    private static void SetTargets(Dictionary<(string Protocol, IPAddress Address, int Port), IPortListener> listeners, string directory)
    {
        var targets = ForwardTargets.Read(directory);
        foreach (var (key, listener) in listeners)
        {
            SocketAddress? target = targets.TryGetValue(key, out var found) ? new SocketAddress(found.Address, found.Port) : null;
            // What is set again must not end its connections.
            if (listener.Target != target)
                listener.Target = target;
        }
    }

    // Other files of the container come and go there too; what is set again stays as it is.
    private static bool HasChanged(int changes)
    {
        Span<byte> events = stackalloc byte[4096];
        var any = false;
        while (FileCalls.Read(changes, events) > 0)
            any = true;
        return any;
    }
}
