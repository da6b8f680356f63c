using System.Net;
using System.Text;
using ContainerTools.Engine.Store;

namespace ContainerTools.Engine.Networks;

/// <summary>
/// Where the published ports of a running container lead that a process forwards (<see cref="PortForwarder"/>): the file <c>forwarding</c> in the container's directory, a line for each
/// range of ports. That process reads it, and again whenever it is replaced. The table's lock is held.
/// </summary>
internal static class ForwardTargets
{
    private const string FileName = "forwarding";
    private const char Separator = '\t';

    /// <summary>Writes what a container's leases say.</summary>
    /// <param name="table">All leases.</param>
    /// <param name="id">The container.</param>
    /// <param name="directory">Its directory.</param>
    public static void Write(LeaseTable table, string id, string directory)
    {
        var text = new StringBuilder();
        foreach (var lease in table.Entries.Where(l => l.ContainerId == id))
        {
            foreach (var ports in lease.Published)
                text.Append(ports.ToText()).Append(Separator).Append(lease.TargetOf(ports)).Append('\n');
        }
        AtomicFile.Write(Path.Combine(directory, FileName), Encoding.UTF8.GetBytes(text.ToString()), durable: false);
    }

    /// <summary>Reads it: the address and the port in the container, by protocol, address and port of the host.</summary>
    /// <param name="directory">The container's directory.</param>
    public static Dictionary<(string Protocol, IPAddress Address, int Port), (IPAddress Address, int Port)> Read(string directory)
    {
        var targets = new Dictionary<(string, IPAddress, int), (IPAddress, int)>();
        string path = Path.Combine(directory, FileName);
        foreach (string line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            string[] fields = line.Split(Separator);
            var (ports, address) = (PublishedRange.Parse(fields[0]), IPAddress.Parse(fields[1]));
            for (int i = 0; i < ports.Count; i++)
                targets[(ports.Protocol, ports.HostAddress, ports.HostPort + i)] = (address, ports.ContainerPort + i);
        }
        return targets;
    }
}
