using ContainerTools.Linux;
using ContainerTools.Linux.Network;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Networks;

/// <summary>The interfaces of a container: pairs whose one end is a bridge's port.</summary>
internal static class ContainerLinks
{
    // The kernel's own rank of an IPv6 route that has none.
    private const int DefaultIPv6Metric = 1024;

    /// <summary>Makes them, with their addresses and routes.</summary>
    /// <param name="host">The host's links.</param>
    /// <param name="inside">The container's network namespace.</param>
    /// <param name="leases">The container's places in the networks.</param>
    /// <param name="networks">The networks.</param>
    public static void Make(RouteSocket host, SafeFileHandle inside, IReadOnlyList<NetworkLease> leases, IReadOnlyList<PlannedNetwork> networks)
    {
        var ends = new RouteBatch();
        foreach (var lease in leases)
        {
            var bridge = host.FindLink(lease.Bridge) ?? throw new LinuxException(Errno.ENODEV, "find " + lease.Bridge);
            ends.AddPair(new VirtualPair
            {
                Name = lease.Port,
                BridgeIndex = bridge.Index,
                PeerName = lease.Interface,
                PeerNamespace = inside,
                PeerAddress = HardwareAddress.TryParse(lease.Mac)!,
                Mtu = networks.First(n => n.Name == lease.Network).Mtu,
            });
            // Where bridged packets pass the packet filter, one for the host's port is led back on the bridge itself.
            if (lease.Published.Count > 0)
                ends.SetHairpin(lease.Port);
            ends.SetUp(lease.Port, linkLocal: false);
        }
        host.Execute(ends);
        using var container = RouteSocket.Open(inside);
        var batch = new RouteBatch();
        foreach (var lease in leases)
        {
            var network = networks.First(n => n.Name == lease.Network);
            int index = container.FindLink(lease.Interface)?.Index ?? throw new LinuxException(Errno.ENODEV, "find " + lease.Interface);
            batch.SetUp(lease.Interface, linkLocal: lease.IPv6 is not null);
            if (lease.IPv4 is not null)
                batch.AddAddress(index, lease.IPv4, network.IPv4!.Subnet.PrefixLength);
            if (lease.IPv6 is not null)
                batch.AddAddress(index, lease.IPv6, network.IPv6!.Subnet.PrefixLength);
            if (network.Internal)
                continue;
            // The first network goes first; the others stand by in case it is disconnected.
            int rank = Rank(lease);
            if (network.IPv4 is { } ipv4)
                batch.AddDefaultRoute(index, ipv4.Gateway, rank);
            if (network.IPv6 is { } ipv6)
                batch.AddDefaultRoute(index, ipv6.Gateway, DefaultIPv6Metric + rank);
        }
        container.Execute(batch);
    }

    // eth0, eth1, ...: the number is unique in the container.
    private static int Rank(NetworkLease lease) =>
        int.Parse(lease.Interface.AsSpan(lease.Interface.AsSpan().IndexOfAnyInRange('0', '9')), System.Globalization.CultureInfo.InvariantCulture);
}
