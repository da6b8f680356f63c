using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ContainerTools.Linux.Network;

namespace ContainerTools.Engine.Networks;

/// <summary>
/// The packet filter's table as text for <c>nft -f</c> (nft(8)), and changes to it. All that a store has is in one table of its own: rules that never change, over sets and maps whose
/// elements do. So a container's start changes a few elements, and nobody else's rules are touched.
/// </summary>
/// <remarks>
/// Published ports are for packets to an address of this host, from outside, from this host and from containers alike. What goes to containers otherwise than within their
/// network, as an answer, or by a published port is dropped: a neighbour host that sends packets for a container's address to this host, or a container of another network,
/// must not reach ports that are not published. 127.0.0.0/8 is led to the bridges for this host's own sake (route_localnet), so containers' packets from and to it are dropped.
/// </remarks>
internal static class NatScript
{
    private const string Rules = """
         map ports4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
         map ports6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
         map address_ports4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
         map address_ports6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }
         set bridges { type ifname; }
         set same_bridge { type ifname . ifname; }
         set internal_bridges { type ifname; }
         set subnets4 { type ipv4_addr; flags interval; }
         set subnets6 { type ipv6_addr; flags interval; }
         chain guard {
          type filter hook prerouting priority raw; policy accept;
          iifname @bridges ip saddr 127.0.0.0/8 drop
          iifname @bridges ip daddr 127.0.0.0/8 drop
         }
         chain publish {
          ip6 daddr ::1 return
          dnat ip addr . port to ip daddr . meta l4proto . th dport map @address_ports4
          dnat ip addr . port to meta l4proto . th dport map @ports4
          dnat ip6 addr . port to ip6 daddr . meta l4proto . th dport map @address_ports6
          dnat ip6 addr . port to meta l4proto . th dport map @ports6
         }
         chain prerouting {
          type nat hook prerouting priority dstnat; policy accept;
          iifname != "lo" ip daddr 127.0.0.0/8 return
          meta l4proto { tcp, udp, sctp } fib daddr type local jump publish
         }
         chain output {
          type nat hook output priority -100; policy accept;
          meta l4proto { tcp, udp, sctp } fib daddr type local jump publish
         }
         chain postrouting {
          type nat hook postrouting priority srcnat; policy accept;
          oifname @bridges ip saddr 127.0.0.0/8 masquerade
          oifname @bridges ip saddr @subnets4 ct status dnat masquerade
          oifname @bridges ip6 saddr @subnets6 ct status dnat masquerade
          oifname != @bridges ip saddr @subnets4 masquerade
          oifname != @bridges ip6 saddr @subnets6 masquerade
         }
         chain forward {
          type filter hook forward priority filter; policy accept;
          iifname . oifname @same_bridge accept
          iifname @internal_bridges drop
          oifname @internal_bridges drop
          oifname @bridges ct state established,related accept
          oifname @bridges ct status dnat accept
          oifname @bridges drop
         }
        """;

    /// <summary>A store's table.</summary>
    /// <param name="runRoot">Its root of run state: stores at unusual places have tables of their own.</param>
    public static string TableName(string runRoot)
    {
        if (runRoot == "/run/containertools")
            return "containertools";
        // FNV-1a: only to tell a few stores apart.
        uint hash = 2166136261;
        foreach (byte b in Encoding.UTF8.GetBytes(runRoot))
            hash = unchecked((hash ^ b) * 16777619);
        return "containertools_" + hash.ToString("x8", CultureInfo.InvariantCulture);
    }

    /// <summary>The whole table, in the place of one that may be there.</summary>
    public static string Whole(string table, IReadOnlyCollection<NetworkLease> leases)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"add table inet {table}\ndelete table inet {table}\ntable inet {table} {{\n{Rules}\n}}\n");
        foreach (var network in leases.DistinctBy(l => l.Bridge))
            AddNetwork(text, table, network);
        foreach (var lease in leases)
            AddPorts(text, table, lease);
        return text.ToString();
    }

    /// <summary>Adds what a network needs.</summary>
    public static void AddNetwork(StringBuilder text, string table, NetworkLease network)
    {
        Add(text, table, "bridges", Quoted(network.Bridge));
        Add(text, table, "same_bridge", $"{Quoted(network.Bridge)} . {Quoted(network.Bridge)}");
        if (network.Internal)
        {
            Add(text, table, "internal_bridges", Quoted(network.Bridge));
            return;
        }
        foreach (var subnet in network.Subnets)
            Add(text, table, subnet.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 ? "subnets6" : "subnets4", subnet.ToString());
    }

    /// <summary>Adds a container's published ports, or takes them away: a change of a few elements, for which <c>nft</c> need not be started.</summary>
    public static void ChangePorts(PacketFilterBatch batch, bool remove, NetworkLease lease)
    {
        foreach (var (map, ports) in PortsByMap(lease))
        {
            batch.Change(map, remove, ports.Select(p =>
                (PacketFilterBatch.Join(p.Key, TransportProtocol.Number(p.Mapping.Protocol), p.Mapping.HostPort), PacketFilterBatch.Join(p.Target, null, p.Mapping.ContainerPort))));
        }
    }

    private static void AddPorts(StringBuilder text, string table, NetworkLease lease)
    {
        foreach (var (map, ports) in PortsByMap(lease))
        {
            Add(text, table, map, string.Join(", ", ports.Select(p =>
                string.Create(CultureInfo.InvariantCulture, $"{(p.Key is null ? "" : $"{p.Key} . ")}{p.Mapping.Protocol} . {p.Mapping.HostPort} : {p.Target} . {p.Mapping.ContainerPort}"))));
        }
    }

    /// <summary>The elements of a container's published ports, by the map that they belong to. Ports of all addresses have no address in their key.</summary>
    private static IEnumerable<(string Map, IEnumerable<(IPAddress? Key, PortMapping Mapping, IPAddress Target)> Ports)> PortsByMap(NetworkLease lease) =>
        lease.Published.Where(p => !p.IsLoopbackIPv6).GroupBy(p => (V6: p.HostAddress.AddressFamily == AddressFamily.InterNetworkV6, p.IsAnyAddress)).Select(group => (
            (group.Key.IsAnyAddress ? "ports" : "address_ports") + (group.Key.V6 ? "6" : "4"),
            group.SelectMany(p => p.ToMappings()).Select(m => (group.Key.IsAnyAddress ? null : m.HostAddress, m, (group.Key.V6 ? lease.IPv6 : lease.IPv4)!))));

    private static void Add(StringBuilder text, string table, string set, string elements) =>
        text.Append(CultureInfo.InvariantCulture, $"add element inet {table} {set} {{ {elements} }}\n");

    private static string Quoted(string name) => $"\"{name}\"";
}
