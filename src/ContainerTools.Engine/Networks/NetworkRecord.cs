using System.Net;

namespace ContainerTools.Engine.Networks;

/// <summary>What networks/NAME.json keeps.</summary>
internal sealed class NetworkRecord
{
    public int FormatVersion { get; set; } = 1;

    public string Name { get; set; } = "";

    public string Id { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    public string Interface { get; set; } = "";

    public List<NetworkSubnetRecord> Subnets { get; set; } = [];

    public bool Internal { get; set; }

    /// <summary>0 for the default.</summary>
    public int Mtu { get; set; }

    public Dictionary<string, string> Labels { get; set; } = [];

    public List<NetworkSubnet> ReadSubnets() =>
        [.. Subnets.Select(s => new NetworkSubnet(IPNetwork.Parse(s.Subnet), IPAddress.Parse(s.Gateway), s.IPRange is null ? null : IPNetwork.Parse(s.IPRange)))];
}
