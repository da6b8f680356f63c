using System.Net;
using ContainerTools.Engine.Containers;

namespace ContainerTools.Engine.Networks;

/// <summary>A container's networks and ports, as a Container shows them.</summary>
/// <remarks>Arrays: PowerShell cannot index the compiler's own read-only lists.</remarks>
internal static class ContainerEndpoints
{
    /// <summary>Its networks: with addresses where it has leases.</summary>
    public static ContainerEndpoint[] Networks(ContainerConfiguration configuration, IReadOnlyList<NetworkLease> leases) =>
        [.. configuration.Networks.Select(n => leases.FirstOrDefault(l => l.Network == n.Name)?.ToEndpoint() ?? new ContainerEndpoint(n.Name, configuration.Id, configuration.Name, n.Aliases)
        {
            IPAddress = n.IPAddress is null ? null : IPAddress.Parse(n.IPAddress),
            IPv6Address = n.IPv6Address is null ? null : IPAddress.Parse(n.IPv6Address),
            MacAddress = n.MacAddress,
        })];

    /// <summary>Its published ports.</summary>
    public static PortMapping[] Ports(ContainerConfiguration configuration, IReadOnlyList<NetworkLease> leases) => leases.Count > 0
        ? [.. leases.SelectMany(l => l.Published).SelectMany(p => p.ToMappings())]
        : [.. configuration.Ports.SelectMany(p => Enumerable.Range(0, p.Count).Select(i =>
            new PortMapping(p.HostAddress is null ? IPAddress.Any : IPAddress.Parse(p.HostAddress), p.HostPort == 0 || p.HostChoices > 1 ? 0 : p.HostPort + i, p.ContainerPort + i, p.Protocol)))];
}
