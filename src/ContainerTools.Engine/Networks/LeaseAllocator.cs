using System.Globalization;
using System.Net;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Network;

namespace ContainerTools.Engine.Networks;

/// <summary>Chooses addresses, names of interfaces and ports for a container that joins. The table's lock is held.</summary>
/// <param name="table">The leases.</param>
/// <param name="host">The host's links.</param>
/// <param name="id">The container.</param>
/// <param name="directory">Its directory.</param>
/// <param name="plan">What it joins.</param>
/// <param name="held">Receives the sockets that hold its published ports.</param>
internal sealed class LeaseAllocator(LeaseTable table, RouteSocket host, string id, string directory, NetworkPlan plan, HeldPorts held)
{
    private const string InterfacePrefix = "eth";

    /// <summary>Makes the leases and puts them into the table, one for each network of the plan.</summary>
    /// <exception cref="ContainerToolsException">AddressesExhausted, IPAddressInUse, MacAddressInUse, PortInUse, PublishNeedsNetwork.</exception>
    public List<NetworkLease> Allocate()
    {
        List<NetworkLease>? leases;
        try
        {
            leases = TryAllocate();
        }
        catch (ContainerToolsException e) when (e.Kind is ErrorKind.InUse)
        {
            leases = null;
        }
        if (leases is null)
        {
            // What is in the way may belong to a container whose monitor was killed.
            held.Dispose();
            NetworkWithdrawal.Reclaim(table, host);
            leases = TryAllocate() ?? throw Exhausted();
        }
        table.Entries.AddRange(leases);
        return leases;
    }

    private List<NetworkLease>? TryAllocate()
    {
        List<NetworkLease> leases = [];
        bool published = plan.Ports.Count == 0;
        foreach (var network in plan.Networks)
        {
            var taken = Taken(network, leases);
            IPAddress? ipv4 = null, ipv6 = null;
            if (network.IPv4 is { } subnet4 && (ipv4 = AddressChooser.Choose(network.Name, subnet4, network.WantedIPv4, taken)) is null)
                return null;
            if (network.IPv6 is { } subnet6 && (ipv6 = AddressChooser.Choose(network.Name, subnet6, network.WantedIPv6, taken)) is null)
                return null;
            List<PublishedRange> ports = [];
            if (!published && !network.Internal)
            {
                ports = UserNetwork.OnHost(() => new HostPorts(table.Entries, held).Settle(plan.Ports, ipv4 is not null, ipv6 is not null));
                published = true;
            }
            var lease = new NetworkLease
            {
                ContainerId = id,
                Network = network.Name,
                Bridge = network.Bridge,
                Internal = network.Internal,
                Subnets = [.. network.Subnets.Select(s => s.Subnet)],
                // Random, since what an earlier run has left may not be gone yet.
                Port = string.Create(CultureInfo.InvariantCulture, $"ct{Random.Shared.NextInt64(1L << 44):x11}"),
                Interface = FreeInterface(leases),
                IPv4 = ipv4,
                IPv6 = ipv6,
                Mac = Mac(network, ipv4),
                Names = [.. plan.Names.Take(1).Concat(network.Aliases).Append(id[..Math.Min(12, id.Length)]).Distinct()],
                HostName = plan.HostName,
                Published = ports,
                Directory = directory,
            };
            // A container that just runs has only those that were left over when it was taken off a network.
            leases.Add(plan.Ports.Count == 0 && !network.Internal ? lease with { Published = lease.Leads(WaitingPorts.Read(directory).Except(leases.SelectMany(l => l.Published))) } : lease);
        }
        if (!published)
        {
            throw new ContainerToolsException("PublishNeedsNetwork", ErrorKind.InvalidArgument,
                $"The container '{plan.Names[0]}' is on internal networks only, whose containers cannot be reached from outside: leave -Publish out, or add a network that is not internal.", plan.Names[0]);
        }
        return leases;
    }

    private Dictionary<UInt128, string> Taken(PlannedNetwork network, List<NetworkLease> own)
    {
        var taken = new Dictionary<UInt128, string>();
        foreach (var lease in table.Entries.Concat(own).Where(l => l.Network == network.Name))
        {
            foreach (var address in lease.Addresses)
                taken[AddressNumbers.ToNumber(address)] = lease.IsLeaving ? "a container that has just ended" : $"the container '{lease.Names[0]}'";
        }
        return taken;
    }

    private string FreeInterface(List<NetworkLease> own)
    {
        var used = table.Entries.Concat(own).Where(l => l.ContainerId == id).Select(l => l.Interface).ToHashSet(StringComparer.Ordinal);
        int number = 0;
        while (used.Contains(InterfacePrefix + number.ToString(CultureInfo.InvariantCulture)))
            number++;
        return InterfacePrefix + number.ToString(CultureInfo.InvariantCulture);
    }

    private string Mac(PlannedNetwork network, IPAddress? ipv4)
    {
        if (network.WantedMac is { } wanted)
        {
            if (table.Entries.Find(l => l.Network == network.Name && l.Mac == wanted && !l.IsLeaving) is { } other)
                throw new ContainerToolsException("MacAddressInUse", ErrorKind.InUse, $"The hardware address {wanted} is taken on the network '{network.Name}' by the container '{other.Names[0]}'.", wanted);
            return wanted;
        }
        // Locally administered, and the same for the same IP address: neighbours that remember it stay right when another container gets the address.
        byte[] address = [2, 0x63, 0, 0, 0, 0];
        if (ipv4 is not null)
            ipv4.GetAddressBytes().CopyTo(address, 2);
        else
            Random.Shared.NextBytes(address.AsSpan(2));
        return HardwareAddress.Format(address);
    }

    private ContainerToolsException Exhausted()
    {
        string networks = string.Join(", ", plan.Networks.Select(n => $"'{n.Name}' ({string.Join(", ", n.Subnets.Select(s => s.IPRange ?? s.Subnet))})"));
        return new ContainerToolsException("AddressesExhausted", ErrorKind.Unavailable, $"No address is left for the container '{plan.Names[0]}' on {networks}. Stop containers, or use a network with a larger range.", plan.Networks[0].Name);
    }
}
