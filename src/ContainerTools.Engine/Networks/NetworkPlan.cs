using System.Globalization;
using System.Net;
using System.Text;
using ContainerTools.Engine.Store;

namespace ContainerTools.Engine.Networks;

/// <summary>
/// What a container joins when it is started: the file <c>networks</c> in its directory, written by the shell, read by the monitor. It is lines of fields between tabs, since
/// the monitor must not pay for JSON.
/// </summary>
internal sealed class NetworkPlan
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "networks";

    private const char Separator = '\t';

    /// <summary>The container's names on its networks, its own first.</summary>
    public List<string> Names { get; init; } = [];

    public string HostName { get; init; } = "";

    public List<PlannedNetwork> Networks { get; init; } = [];

    public List<PortPublication> Ports { get; init; } = [];

    /// <summary>Reads a container's plan; null if it joins nothing.</summary>
    public static NetworkPlan? Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            return null;
        var plan = new NetworkPlan();
        string hostName = "";
        foreach (string line in File.ReadLines(path))
        {
            string[] f = line.Split(Separator);
            switch (f[0])
            {
                case "container":
                    hostName = f[1];
                    plan.Names.AddRange(f[2].Split(' ', StringSplitOptions.RemoveEmptyEntries));
                    break;
                case "network":
                    plan.Networks.Add(ReadNetwork(f));
                    break;
                case "port":
                    plan.Ports.Add(new PortPublication
                    {
                        Protocol = f[1],
                        HostAddress = Text(f[2]),
                        HostPort = Number(f[3]),
                        HostChoices = Number(f[4]),
                        ContainerPort = Number(f[5]),
                        Count = Number(f[6]),
                    });
                    break;
                default:
                    break;
            }
        }
        return new NetworkPlan { HostName = hostName, Names = plan.Names, Networks = plan.Networks, Ports = plan.Ports };
    }

    /// <summary>Writes it; not durably, as it is written anew at every start.</summary>
    public void Write(string directory)
    {
        var text = new StringBuilder();
        Line(text, "container", HostName, string.Join(' ', Names));
        foreach (var n in Networks)
        {
            Line(text, "network", n.Name, n.Bridge, n.Internal ? "internal" : "", n.Mtu.ToString(CultureInfo.InvariantCulture),
                string.Join(';', n.Subnets.Select(s => $"{s.Subnet}|{s.Gateway}|{s.IPRange}")), n.WantedIPv4?.ToString() ?? "", n.WantedIPv6?.ToString() ?? "", n.WantedMac ?? "", string.Join(' ', n.Aliases));
        }
        foreach (var p in Ports)
        {
            Line(text, "port", p.Protocol, p.HostAddress ?? "", p.HostPort.ToString(CultureInfo.InvariantCulture), p.HostChoices.ToString(CultureInfo.InvariantCulture),
                p.ContainerPort.ToString(CultureInfo.InvariantCulture), p.Count.ToString(CultureInfo.InvariantCulture));
        }
        AtomicFile.Write(Path.Combine(directory, FileName), Encoding.UTF8.GetBytes(text.ToString()), durable: false);
    }

    private static PlannedNetwork ReadNetwork(string[] f) => new()
    {
        Name = f[1],
        Bridge = f[2],
        Internal = f[3].Length > 0,
        Mtu = Number(f[4]),
        Subnets = [.. f[5].Split(';').Select(ReadSubnet)],
        WantedIPv4 = Address(f[6]),
        WantedIPv6 = Address(f[7]),
        WantedMac = Text(f[8]),
        Aliases = f[9].Split(' ', StringSplitOptions.RemoveEmptyEntries),
    };

    private static NetworkSubnet ReadSubnet(string text)
    {
        string[] parts = text.Split('|');
        return new NetworkSubnet(IPNetwork.Parse(parts[0]), IPAddress.Parse(parts[1]), parts[2].Length > 0 ? IPNetwork.Parse(parts[2]) : null);
    }

    private static void Line(StringBuilder text, params ReadOnlySpan<string> fields) => text.AppendJoin(Separator, fields).Append('\n');

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string? Text(string text) => text.Length > 0 ? text : null;

    private static IPAddress? Address(string text) => text.Length > 0 ? IPAddress.Parse(text) : null;
}
