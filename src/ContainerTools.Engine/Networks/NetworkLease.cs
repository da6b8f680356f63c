using System.Net;

namespace ContainerTools.Engine.Networks;

/// <summary>A running container's place in a network.</summary>
internal sealed record NetworkLease
{
    private const char Separator = '\t';
    private const int FieldCount = 14;

    public string ContainerId { get; init; } = "";

    public string Network { get; init; } = "";

    /// <summary>Name of the network's bridge.</summary>
    public string Bridge { get; init; } = "";

    public bool Internal { get; init; }

    /// <summary>The network's ranges.</summary>
    public IReadOnlyList<IPNetwork> Subnets { get; init; } = [];

    /// <summary>Name of the end of the pair that is the bridge's port.</summary>
    public string Port { get; init; } = "";

    /// <summary>Name of the other end, in the container.</summary>
    public string Interface { get; init; } = "";

    public IPAddress? IPv4 { get; init; }

    public IPAddress? IPv6 { get; init; }

    public string Mac { get; init; } = "";

    /// <summary>The container's names, its own first, its short id last.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public string HostName { get; init; } = "";

    /// <summary>Ports of the host that lead to this address, ranges of equal length.</summary>
    public IReadOnlyList<PublishedRange> Published { get; init; } = [];

    /// <summary>The container's directory.</summary>
    public string Directory { get; init; } = "";

    /// <summary>Whether the container has ended and only the interface may still be there: the kernel removes it a little later.</summary>
    public bool IsLeaving => ContainerId.Length == 0;

    public IEnumerable<IPAddress> Addresses
    {
        get
        {
            if (IPv4 is not null)
                yield return IPv4;
            if (IPv6 is not null)
                yield return IPv6;
        }
    }

    /// <summary>Those of some published ports that can lead here: to an address of their family.</summary>
    public List<PublishedRange> Leads(IEnumerable<PublishedRange> ports) =>
        [.. ports.Where(p => TargetOf(p) is not null)];

    /// <summary>The address that published ports lead to; null if it has none for them.</summary>
    public IPAddress? TargetOf(PublishedRange ports) =>
        ports.HostAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? IPv6 ?? (ports.IsLoopbackIPv6 ? IPv4 : null) : IPv4;

    /// <summary>What stays of it when the container has ended.</summary>
    public NetworkLease Leaving() => new()
    {
        Network = Network,
        Bridge = Bridge,
        Internal = Internal,
        Subnets = Subnets,
        Port = Port,
        Interface = Interface,
        IPv4 = IPv4,
        IPv6 = IPv6,
        Mac = Mac,
    };

    /// <summary>The same with another name of the container.</summary>
    public NetworkLease Renamed(string name) => this with { Names = [name, .. Names.Skip(1)] };

    /// <summary>Lines for /etc/hosts of the others.</summary>
    public IEnumerable<string> HostLines() => Addresses.Select(a => $"{a}\t{string.Join(' ', Names)}");

    /// <summary>Lines for the container's own /etc/hosts.</summary>
    public IEnumerable<string> OwnHostLines() => Addresses.Select(a => $"{a}\t{string.Join(' ', HostsFile.NamesOf(HostName).Concat(Names).Distinct())}");

    public ContainerEndpoint ToEndpoint() => new(Network, ContainerId, Names.Count > 0 ? Names[0] : "", Names.Count > 2 ? Names.Skip(1).SkipLast(1).ToArray() : [])
    {
        IPAddress = IPv4,
        IPv6Address = IPv6,
        MacAddress = Mac,
        Interface = Interface,
    };

    public string ToLine() => string.Join(Separator, ContainerId, Network, Bridge, Internal ? "internal" : "", string.Join(',', Subnets), Port, Interface, IPv4?.ToString() ?? "", IPv6?.ToString() ?? "", Mac,
        string.Join(' ', Names), HostName, string.Join(',', Published.Select(p => p.ToText())), Directory);

    public static NetworkLease? TryParse(string line)
    {
        string[] f = line.Split(Separator, FieldCount);
        if (f.Length < FieldCount)
            return null;
        try
        {
            return new NetworkLease
            {
                ContainerId = f[0],
                Network = f[1],
                Bridge = f[2],
                Internal = f[3].Length > 0,
                Subnets = [.. f[4].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(s => IPNetwork.Parse(s))],
                Port = f[5],
                Interface = f[6],
                IPv4 = f[7].Length > 0 ? IPAddress.Parse(f[7]) : null,
                IPv6 = f[8].Length > 0 ? IPAddress.Parse(f[8]) : null,
                Mac = f[9],
                Names = f[10].Split(' ', StringSplitOptions.RemoveEmptyEntries),
                HostName = f[11],
                Published = [.. f[12].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(PublishedRange.Parse)],
                Directory = f[13],
            };
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
