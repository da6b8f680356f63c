using System.Net;
using System.Net.Sockets;

namespace ContainerTools;

/// <summary>A range of addresses that a network gives to its containers.</summary>
/// <param name="Subnet">The whole range, as <c>10.200.0.0/20</c>.</param>
/// <param name="Gateway">The bridge's own address, by which containers reach the outside.</param>
/// <param name="IPRange">The part from which addresses are chosen; null for the whole.</param>
public sealed record NetworkSubnet(IPNetwork Subnet, IPAddress Gateway, IPNetwork? IPRange)
{
    internal bool IsIPv6 => Subnet.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>The range.</summary>
    public override string ToString() => Subnet.ToString();
}
