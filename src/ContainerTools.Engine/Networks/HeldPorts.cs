using System.Globalization;
using System.Net;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Networks;

/// <summary>
/// The sockets that hold a container's published ports, so that no program of the host can listen there while the container runs. Its monitor has them, and they end with it.
/// </summary>
public sealed class HeldPorts : IDisposable
{
    private readonly List<HeldPort> _ports = [];
    private int _forwarder;

    /// <summary>The process that forwards what arrives at them; 0 for none.</summary>
    public int Forwarder => _forwarder;

    /// <summary>How many there are.</summary>
    public int Count => _ports.Count;

    /// <summary>Takes over what an earlier image of this process has left open.</summary>
    /// <param name="descriptors">What its <see cref="ToString"/> returned.</param>
    /// <exception cref="FormatException">Anything else.</exception>
    public static HeldPorts Inherit(string descriptors)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        var ports = new HeldPorts();
        string[] parts = descriptors.Split('/');
        if (parts.Length > 1)
            ports._forwarder = int.Parse(parts[1], CultureInfo.InvariantCulture);
        foreach (string range in parts[0].Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            for (int fd = int.Parse(ends[0], CultureInfo.InvariantCulture); fd <= int.Parse(ends[^1], CultureInfo.InvariantCulture); fd++)
                ports.Add(new HeldPort(new SafeFileHandle(fd, ownsHandle: true), "", IPAddress.Any, 0));
        }
        return ports;
    }

    /// <summary>Says whether another image of this process loses them.</summary>
    public void SetCloseOnExec(bool close) => _ports.ForEach(p => EventCalls.SetCloseOnExec((int)p.Socket.DangerousGetHandle(), close));

    /// <summary>Lets go of all.</summary>
    public void Dispose()
    {
        if (_forwarder > 0)
        {
            // A child of this process, so its id is its own until it is collected.
            using var process = PidFd.TryOpen(_forwarder);
            _ = process?.SendSignal(Signals.Kill);
            _ = process?.Reap();
            _forwarder = 0;
        }
        Truncate(0);
    }

    /// <summary>Their descriptors, as <c>20-23,31</c>, and after a slash the process that forwards what arrives there.</summary>
    public override string ToString()
    {
        var ranges = new List<(int First, int Last)>();
        foreach (int fd in _ports.Select(p => (int)p.Socket.DangerousGetHandle()).Order())
        {
            if (ranges.Count > 0 && ranges[^1].Last == fd - 1)
                ranges[^1] = (ranges[^1].First, fd);
            else
                ranges.Add((fd, fd));
        }
        string text = string.Join(',', ranges.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.First}-{r.Last}")));
        return _forwarder > 0 ? string.Create(CultureInfo.InvariantCulture, $"{text}/{_forwarder}") : text;
    }

    /// <summary>All of them.</summary>
    internal IReadOnlyList<HeldPort> Ports => _ports;

    /// <summary>Takes a child that forwards what arrives at the ports; it ends with them.</summary>
    internal void ForwardBy(PidFd process) => _forwarder = process.Pid;

    internal void Add(HeldPort port) => _ports.Add(port);

    /// <summary>Lets go of those that were added last.</summary>
    /// <param name="count">How many stay.</param>
    internal void Truncate(int count)
    {
        foreach (var port in _ports.Skip(count))
            port.Socket.Dispose();
        _ports.RemoveRange(count, _ports.Count - count);
    }
}
