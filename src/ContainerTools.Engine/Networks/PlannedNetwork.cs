using System.Net;

namespace ContainerTools.Engine.Networks;

/// <summary>A network to be joined: what its record says, and what the container asks for there.</summary>
internal sealed class PlannedNetwork
{
    public string Name { get; init; } = "";

    /// <summary>Name of the bridge.</summary>
    public string Bridge { get; init; } = "";

    public bool Internal { get; init; }

    /// <summary>0 for the default.</summary>
    public int Mtu { get; init; }

    public IReadOnlyList<NetworkSubnet> Subnets { get; init; } = [];

    public IPAddress? WantedIPv4 { get; init; }

    public IPAddress? WantedIPv6 { get; init; }

    public string? WantedMac { get; init; }

    public IReadOnlyList<string> Aliases { get; init; } = [];

    public NetworkSubnet? IPv4 => Subnets.FirstOrDefault(s => !s.IsIPv6);

    public NetworkSubnet? IPv6 => Subnets.FirstOrDefault(s => s.IsIPv6);

    public static PlannedNetwork Make(NetworkRecord record, NetworkSettings settings) => new()
    {
        Name = record.Name,
        Bridge = record.Interface,
        Internal = record.Internal,
        Mtu = record.Mtu,
        Subnets = record.ReadSubnets(),
        WantedIPv4 = settings.IPAddress is null ? null : IPAddress.Parse(settings.IPAddress),
        WantedIPv6 = settings.IPv6Address is null ? null : IPAddress.Parse(settings.IPv6Address),
        WantedMac = settings.MacAddress,
        Aliases = settings.Aliases,
    };
}
