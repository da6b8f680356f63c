using ContainerTools.Engine.Networks;

namespace ContainerTools;

/// <summary>A network that containers are joined by: a bridge on this host.</summary>
public sealed class ContainerNetwork
{
    internal ContainerNetwork(NetworkRecord record, IReadOnlyList<string> usedBy, IReadOnlyList<ContainerEndpoint> endpoints)
    {
        Name = record.Name;
        Id = record.Id;
        CreatedAt = record.CreatedAt;
        Interface = record.Interface;
        Subnets = record.ReadSubnets();
        Internal = record.Internal;
        Mtu = record.Mtu > 0 ? record.Mtu : null;
        Labels = record.Labels;
        UsedBy = usedBy;
        Endpoints = endpoints;
    }

    /// <summary>Unique name.</summary>
    public string Name { get; }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>Name of the bridge on the host. It is there while a container is on the network.</summary>
    public string Interface { get; }

    /// <summary>Its ranges of addresses: one of IPv4, one of IPv6, or both.</summary>
    public IReadOnlyList<NetworkSubnet> Subnets { get; }

    /// <summary>Whether containers reach each other and the host only.</summary>
    public bool Internal { get; }

    /// <summary>Largest packet in bytes; null for the default, 1500.</summary>
    public int? Mtu { get; }

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>Whether containers get it when no network is named.</summary>
    public bool IsDefault => Name == NetworkStore.DefaultName;

    /// <summary>Names of the containers that were made with it or connected to it, running or not.</summary>
    public IReadOnlyList<string> UsedBy { get; }

    /// <summary>The running containers on it, with their addresses.</summary>
    public IReadOnlyList<ContainerEndpoint> Endpoints { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
