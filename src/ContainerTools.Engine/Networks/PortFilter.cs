using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Network;

namespace ContainerTools.Engine.Networks;

/// <summary>
/// Keeps the packet filter's table in step with the leases. <c>nft</c> makes the table and its networks, so the first container on a network costs one call of it; ports come and go
/// without it. The table's lock is held.
/// </summary>
internal static class PortFilter
{
    /// <summary>Adds what containers need that are in the table of leases.</summary>
    /// <exception cref="ContainerToolsException">NftNotFound where ports are published; PacketFilterFailed; ForwardingNotPossible.</exception>
    public static void Add(LeaseTable leases, IReadOnlyList<NetworkLease> added)
    {
        var published = added.Where(l => l.Published.Count > 0).ToList();
        if (NftProgram.Find() is null)
        {
            // Containers still reach each other and this host; who made them was told that they reach nothing else.
            if (published.Count > 0)
                throw NftProgram.Missing("Publishing ports");
            return;
        }
        string table = NatScript.TableName(leases.RunRoot);
        var networks = added.Where(l => !leases.Filtered.Contains(l.Bridge)).DistinctBy(l => l.Bridge).ToList();
        if (leases.Filtered.Count == 0 || !PacketFilter.HasTable(table))
        {
            Rebuild(leases, table);
        }
        else
        {
            AddNetworks(leases, table, networks);
            ChangePorts(leases, table, published, remove: false);
        }
        foreach (var lease in published)
            KernelNetworkSettings.RouteLoopback(lease.Bridge);
        ForgetFlows(published);
        var outward = added.Where(l => !l.Internal).ToList();
        if (outward.Exists(l => l.IPv4 is not null))
            KernelNetworkSettings.EnableForwarding(v6: false);
        if (outward.Exists(l => l.IPv6 is not null))
            KernelNetworkSettings.EnableForwarding(v6: true);
    }

    /// <summary>Takes the published ports of containers away that are not in the table of leases any more.</summary>
    public static void Remove(LeaseTable leases, IReadOnlyList<NetworkLease> removed)
    {
        var published = removed.Where(l => l.Published.Count > 0).ToList();
        string table = NatScript.TableName(leases.RunRoot);
        if (published.Count == 0 || !PacketFilter.HasTable(table))
            return;
        ChangePorts(leases, table, published, remove: true);
        ForgetFlows(published);
    }

    /// <summary>Takes a network away that has no containers any more, and with the last one the table.</summary>
    public static void RemoveNetwork(LeaseTable leases, string bridge)
    {
        leases.Filtered.Remove(bridge);
        string table = NatScript.TableName(leases.RunRoot);
        if (NftProgram.Find() is null || !PacketFilter.HasTable(table))
            return;
        if (leases.Entries.Exists(l => !l.IsLeaving))
        {
            Rebuild(leases, table);
            return;
        }
        leases.Filtered.Clear();
        NftProgram.Run($"delete table inet {table}\n");
    }

    /// <summary>Has senders of datagrams that go on from the same port found by the new rules.</summary>
    private static void ForgetFlows(List<NetworkLease> published)
    {
        var addresses = published.SelectMany(l => l.Addresses).ToList();
        var ranges = published.SelectMany(l => l.Published).Where(p => p.Protocol == "udp").ToList();
        if (ranges.Count > 0)
            FlowTable.Forget(f => f.Protocol == TransportProtocol.Udp && (ranges.Exists(r => f.DestinationPort >= r.HostPort && f.DestinationPort < r.HostPort + r.Count) || addresses.Exists(a => a.Equals(f.Answerer))));
    }

    private static void AddNetworks(LeaseTable leases, string table, List<NetworkLease> networks)
    {
        if (networks.Count == 0)
            return;
        var script = new StringBuilder();
        networks.ForEach(n => NatScript.AddNetwork(script, table, n));
        try
        {
            NftProgram.Run(script.ToString());
            leases.Filtered.UnionWith(networks.Select(n => n.Bridge));
        }
        catch (ContainerToolsException)
        {
            // Somebody changed the table behind our back: make it whole again.
            Rebuild(leases, table);
        }
    }

    private static void ChangePorts(LeaseTable leases, string table, List<NetworkLease> published, bool remove)
    {
        var batch = new PacketFilterBatch(table);
        published.ForEach(l => NatScript.ChangePorts(batch, remove, l));
        try
        {
            PacketFilter.Execute(batch);
        }
        catch (LinuxException)
        {
            // Somebody changed the table behind our back. What is not there need not be taken away.
            if (!remove || NftProgram.Find() is not null)
                Rebuild(leases, table);
        }
    }

    private static void Rebuild(LeaseTable leases, string table)
    {
        var living = leases.Entries.FindAll(l => !l.IsLeaving);
        NftProgram.Run(NatScript.Whole(table, living));
        leases.Filtered.Clear();
        leases.Filtered.UnionWith(living.Select(l => l.Bridge));
    }
}
