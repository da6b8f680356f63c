using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Networks;

/// <summary>
/// How published ports of an ordinary user's container are reached: rules for the host's packets are root's, so a process accepts on the sockets that hold the ports and passes on what
/// arrives. The container sees the network's gateway as the other side.
/// </summary>
internal static class PortForwarder
{
    /// <summary>The command of the runtime's binary: the container's first process, then <c>DESCRIPTOR/PROTOCOL/ADDRESS/PORT</c> for each port.</summary>
    public const string Command = "forward";

    // Past those that mean something to any program.
    private const int FirstDescriptor = 10;

    /// <summary>Starts the process, from a thread in the network namespace in which the containers are reached.</summary>
    /// <param name="held">What holds the ports; the process belongs to it.</param>
    /// <param name="leases">The container's leases.</param>
    /// <param name="pid">The container's first process, with which the forwarding ends.</param>
    public static void Start(HeldPorts held, IReadOnlyList<NetworkLease> leases, int pid)
    {
        List<string> ports = [];
        var descriptors = new Dictionary<int, int>();
        int next = 0;
        foreach (var lease in leases)
        {
            foreach (var range in lease.Published)
            {
                for (int i = 0; i < range.Count && next < held.Sockets.Count; i++, next++)
                {
                    int descriptor = FirstDescriptor + descriptors.Count;
                    descriptors[descriptor] = (int)held.Sockets[next].DangerousGetHandle();
                    var target = range.HostAddress.AddressFamily == AddressFamily.InterNetworkV6 ? lease.IPv6 : lease.IPv4;
                    ports.Add(string.Create(CultureInfo.InvariantCulture, $"{descriptor}/{range.Protocol}/{target ?? IPAddress.Loopback}/{range.ContainerPort + i}"));
                }
            }
        }
        if (ports.Count == 0)
            return;
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        descriptors[0] = descriptors[1] = descriptors[2] = (int)nothing.DangerousGetHandle();
        using var process = ChildProcess.Spawn("/proc/self/exe", ["ctrun", Command, pid.ToString(CultureInfo.InvariantCulture), .. ports],
            new SpawnOptions { Environment = [], NewSession = true, WorkingDirectory = "/", Descriptors = descriptors });
        held.ForwardBy(process);
    }
}
