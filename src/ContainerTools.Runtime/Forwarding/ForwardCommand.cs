using System.Globalization;
using System.Net;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Forwarding;

/// <summary><c>ctrun forward PID DESCRIPTOR/PROTOCOL/ADDRESS/PORT ...</c>: passes on what arrives at published ports, until the container's first process ends.</summary>
internal static class ForwardCommand
{
    private const int NoOneWaits = -1, Second = 1000;

    public static int Run(string pid, string[] ports)
    {
        using var process = PidFd.TryOpen(int.Parse(pid, CultureInfo.InvariantCulture));
        if (process is null)
            return 0;
        List<IForwarding> forwardings = [];
        foreach (var port in ports)
        {
            // An address has no slash.
            var parts = port.Split('/');
            var (descriptor, target) = (int.Parse(parts[0], CultureInfo.InvariantCulture), new SocketAddress(IPAddress.Parse(parts[2]), int.Parse(parts[3], CultureInfo.InvariantCulture)));
            EventCalls.SetNonBlocking(descriptor);
            switch (parts[1])
            {
                case "tcp":
                    forwardings.Add(new StreamListener(descriptor, target, forwardings));
                    break;
                case "udp":
                    forwardings.Add(new DatagramListener(descriptor, target, forwardings));
                    break;
                default:
                    // Of other protocols the port is held, and nothing more.
                    break;
            }
        }
        var entries = new List<PollEntry>();
        while (true)
        {
            entries.Clear();
            entries.Add(new PollEntry { Descriptor = process.Fd, Events = EventCalls.PollIn });
            // Those that come while others are worked on are polled in the next round.
            var polled = forwardings.Count;
            for (var i = 0; i < polled; i++)
                forwardings[i].Watch(entries);
            var found = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(entries);
            if (EventCalls.Poll(found, forwardings.Exists(f => f.Expires) ? Second : NoOneWaits) < 0)
                return 1;
            if (found[0].Found != 0)
                return 0;
            var next = 1;
            for (var i = 0; i < polled; i++)
                forwardings[i].Work(found, ref next);
            forwardings.RemoveAll(f => f.IsOver);
        }
    }
}
