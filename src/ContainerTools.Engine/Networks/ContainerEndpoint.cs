using System.Net;

namespace ContainerTools;

/// <summary>A container's place in a network.</summary>
public sealed class ContainerEndpoint
{
    internal ContainerEndpoint(string network, string containerId, string container, IReadOnlyList<string> aliases)
    {
        Network = network;
        ContainerId = containerId;
        Container = container;
        Aliases = aliases;
    }

    /// <summary>The network's name.</summary>
    public string Network { get; }

    /// <summary>The container's id.</summary>
    public string ContainerId { get; }

    /// <summary>The container's name.</summary>
    public string Container { get; }

    /// <summary>Further names by which others on the network reach it.</summary>
    public IReadOnlyList<string> Aliases { get; }

    /// <summary>Its IPv4 address; null while it does not run, unless one was asked for.</summary>
    public IPAddress? IPAddress { get; init; }

    /// <summary>Its IPv6 address; null while it does not run, or where the network has none.</summary>
    public IPAddress? IPv6Address { get; init; }

    /// <summary>Its hardware address; null while it does not run, unless one was asked for.</summary>
    public string? MacAddress { get; init; }

    /// <summary>The interface's name inside (<c>eth0</c>); null while it does not run.</summary>
    public string? Interface { get; init; }

    /// <summary>The network's name and the addresses.</summary>
    public override string ToString() => IPAddress is null && IPv6Address is null ? Network : $"{Network} ({string.Join(", ", new[] { IPAddress, IPv6Address }.Where(a => a is not null))})";
}
