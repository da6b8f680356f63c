using System.Net;
using System.Net.Sockets;
using ContainerTools.Linux.Network;

namespace ContainerTools.Engine.Networks;

/// <summary>Chooses and checks ranges of addresses against what the host can reach already and against other networks.</summary>
internal sealed class SubnetChooser
{
    // Parts of the private ranges of RFC 1918 that other engines' defaults leave alone.
    private static readonly (IPNetwork Pool, int PrefixLength)[] s_pools =
    [
        (IPNetwork.Parse("10.200.0.0/13"), 20),
        (IPNetwork.Parse("172.24.0.0/13"), 20),
        (IPNetwork.Parse("192.168.128.0/17"), 24),
    ];

    private readonly List<(IPNetwork Network, string Owner)> _taken;

    /// <summary>Works with what is taken.</summary>
    public SubnetChooser(IEnumerable<(IPNetwork Network, string Owner)> taken) => _taken = [.. taken];

    /// <summary>What the host's routes, interfaces and name servers take.</summary>
    /// <param name="exceptInterface">An interface that does not count.</param>
    public static IEnumerable<(IPNetwork Network, string Owner)> OfHost(string? exceptInterface = null)
    {
        using var socket = RouteSocket.Open();
        var names = socket.Links().ToDictionary(l => l.Index, l => l.Name);
        foreach (var (network, length, index) in socket.Routes().Concat(socket.Addresses()))
        {
            string name = names.GetValueOrDefault(index, "?");
            if (length > 0 && !IPAddress.IsLoopback(network) && name != exceptInterface)
                yield return (AddressNumbers.NetworkOf(network, length), $"the host's interface {name}");
        }
        foreach (var server in HostResolver.NameServers().Where(s => !IPAddress.IsLoopback(s)))
            yield return (new IPNetwork(server, AddressNumbers.Bits(server.AddressFamily)), $"the name server {server}");
    }

    /// <summary>A free range of IPv4 addresses.</summary>
    /// <exception cref="ContainerToolsException">SubnetsExhausted.</exception>
    public IPNetwork ChooseIPv4()
    {
        foreach (var (pool, prefixLength) in s_pools)
        {
            var (first, last) = AddressNumbers.Range(pool);
            UInt128 size = UInt128.One << (32 - prefixLength);
            for (UInt128 start = first; start < last; start += size)
            {
                var candidate = new IPNetwork(AddressNumbers.ToAddress(start, AddressFamily.InterNetwork), prefixLength);
                if (Conflict(candidate) is null)
                    return candidate;
            }
        }
        throw new ContainerToolsException("SubnetsExhausted", ErrorKind.Unavailable,
            $"No range of addresses is left for another network: {string.Join(", ", s_pools.Select(p => p.Pool))} are in use by other networks and the host's routes. Remove networks, or name a range with -Subnet.");
    }

    /// <summary>A free unique local range of IPv6 addresses (RFC 4193).</summary>
    public IPNetwork ChooseIPv6()
    {
        while (true)
        {
            // fd, 40 random bits, subnet 0
            UInt128 number = ((UInt128)0xFD << 120) | ((UInt128)(ulong)Random.Shared.NextInt64(1L << 40) << 80);
            var candidate = new IPNetwork(AddressNumbers.ToAddress(number, AddressFamily.InterNetworkV6), 64);
            if (Conflict(candidate) is null)
                return candidate;
        }
    }

    /// <summary>What a range clashes with; null if with nothing.</summary>
    public string? Conflict(IPNetwork network)
    {
        var clash = _taken.Find(t => AddressNumbers.Overlap(t.Network, network));
        return clash.Owner is null ? null : $"{clash.Owner} ({clash.Network})";
    }
}
