using System.Globalization;
using System.Net;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Networks;

/// <summary>
/// How published ports are reached where no rules for packets lead to a container: an ordinary user may not make such rules on the host, and for ::1 there are none. A process accepts on
/// the sockets that hold the ports and passes on what arrives. The container sees the network's gateway as the other side.
/// </summary>
internal static class PortForwarder
{
    /// <summary>The command of the runtime's binary: the container's first process, its monitor, its directory, then <c>DESCRIPTOR/PROTOCOL/ADDRESS/PORT</c> for each port of the host.</summary>
    public const string Command = "forward";

    // Past those that mean something to any program.
    private const int FirstDescriptor = 10;

    /// <summary>Whether it has to do with ports of a container.</summary>
    public static bool Forwards(NetworkLease lease) => UserNetwork.IsInside ? lease.Published.Count > 0 : lease.Published.Any(p => p.IsLoopbackIPv6);

    /// <summary>Starts the process, from a thread in the network namespace in which the containers are reached. Where the ports lead is written down already.</summary>
    /// <param name="held">What holds the ports; the process belongs to it.</param>
    /// <param name="directory">The container's directory.</param>
    /// <param name="pid">The container's first process, with which the forwarding ends.</param>
    public static void Start(HeldPorts held, string directory, int pid)
    {
        List<string> ports = [];
        var descriptors = new Dictionary<int, int>();
        foreach (var port in held.Ports.Where(p => UserNetwork.IsInside || p.Address.Equals(IPAddress.IPv6Loopback)))
        {
            int descriptor = FirstDescriptor + descriptors.Count;
            descriptors[descriptor] = (int)port.Socket.DangerousGetHandle();
            ports.Add(string.Create(CultureInfo.InvariantCulture, $"{descriptor}/{port.Protocol}/{port.Address}/{port.Number}"));
        }
        if (ports.Count == 0)
            return;
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        descriptors[0] = descriptors[1] = descriptors[2] = (int)nothing.DangerousGetHandle();
        using var process = ChildProcess.Spawn("/proc/self/exe", ["ctrun", Command, pid.ToString(CultureInfo.InvariantCulture), Environment.ProcessId.ToString(CultureInfo.InvariantCulture), directory, .. ports],
            new SpawnOptions { Environment = [], NewSession = true, WorkingDirectory = "/", Descriptors = descriptors });
        held.ForwardBy(process);
    }
}
