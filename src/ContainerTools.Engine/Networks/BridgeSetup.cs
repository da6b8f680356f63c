using ContainerTools.Linux;
using ContainerTools.Linux.Network;

namespace ContainerTools.Engine.Networks;

/// <summary>A network's bridge: made when its first container comes, and again if somebody removed it. The table's lock is held.</summary>
internal static class BridgeSetup
{
    /// <summary>Makes sure that the bridge is there and on.</summary>
    /// <exception cref="ContainerToolsException">SubnetInUse, InterfaceNameInUse.</exception>
    public static void Ensure(RouteSocket host, LeaseTable table, PlannedNetwork network)
    {
        var link = host.FindLink(network.Bridge);
        if (link is { Kind: "bridge", IsUp: true })
        {
            table.Bridges.Add(network.Bridge);
            return;
        }
        if (link is { Kind: not "bridge" })
        {
            throw new ContainerToolsException("InterfaceNameInUse", ErrorKind.InUse,
                $"The network '{network.Name}' needs the interface name {network.Bridge} for its bridge, and another interface has it. Remove or rename that interface.", network.Bridge);
        }
        if (link is null)
        {
            CheckHost(network);
            var made = new RouteBatch();
            byte[] address = [2, 0x63, 0, 0, 0, 0];
            Random.Shared.NextBytes(address.AsSpan(2));
            made.AddBridge(network.Bridge, address, network.Mtu);
            host.Execute(made);
            KernelNetworkSettings.PrepareBridge(network.Bridge, network.IPv6 is not null);
            link = host.FindLink(network.Bridge) ?? throw new LinuxException(Errno.ENODEV, "find " + network.Bridge);
        }
        table.Bridges.Add(network.Bridge);
        var batch = new RouteBatch();
        foreach (var subnet in network.Subnets)
            batch.AddAddress(link.Index, subnet.Gateway, subnet.Subnet.PrefixLength);
        batch.SetUp(network.Bridge);
        host.Execute(batch);
        // Those whose bridge was removed under them.
        foreach (var lease in table.Entries.Where(l => l.Bridge == network.Bridge && host.FindLink(l.Port) is not null))
        {
            var port = new RouteBatch();
            port.SetMaster(lease.Port, link.Index);
            if (lease.Published.Count > 0)
            {
                port.SetHairpin(lease.Port);
                // The rules that this needs name the bridge, and have outlived it.
                KernelNetworkSettings.RouteLoopback(network.Bridge);
            }
            host.Execute(port);
        }
    }

    /// <summary>What the host reaches otherwise must not be led to the bridge.</summary>
    private static void CheckHost(PlannedNetwork network)
    {
        var chooser = new SubnetChooser(SubnetChooser.OfHost(network.Bridge));
        foreach (var subnet in network.Subnets)
        {
            if (chooser.Conflict(subnet.Subnet) is { } owner)
            {
                throw new ContainerToolsException("SubnetInUse", ErrorKind.InUse,
                    $"The range {subnet.Subnet} of the network '{network.Name}' overlaps by now with {owner}. Remove the network and make it again with another range.", network.Name);
            }
        }
    }
}
