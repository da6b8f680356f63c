using System.Net;
using System.Net.Sockets;

namespace ContainerTools.Engine.Networks;

/// <summary>Makes a network's ranges of what the caller gives, and of free ones.</summary>
internal static class SubnetBuilder
{
    public static List<NetworkSubnetRecord> Build(NetworkOptions options, SubnetChooser chooser)
    {
        List<IPNetwork> subnets = [.. options.Subnets.Select(Parse)];
        foreach (var subnet in subnets)
        {
            Check(subnet, chooser);
            if (subnets.FindAll(s => s.BaseAddress.AddressFamily == subnet.BaseAddress.AddressFamily).Count > 1)
                throw Invalid("InvalidSubnet", $"A network has at most one range of a family; given are {string.Join(" and ", options.Subnets)}.", subnet);
        }
        if (subnets.Count == 0)
            subnets.Add(chooser.ChooseIPv4());
        if (options.IPv6 && !subnets.Exists(s => s.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6))
            subnets.Add(chooser.ChooseIPv6());
        List<IPAddress> gateways = [.. options.Gateways.Select(ParseGateway)];
        List<IPNetwork> ranges = [.. options.IPRanges.Select(Parse)];
        if (gateways.Find(g => !subnets.Exists(s => s.Contains(g))) is { } stray)
            throw Invalid("InvalidGateway", $"The gateway {stray} is in none of the network's ranges ({string.Join(", ", subnets)}).", stray);
        foreach (var range in ranges)
        {
            if (!subnets.Exists(s => s.BaseAddress.AddressFamily == range.BaseAddress.AddressFamily && s.PrefixLength <= range.PrefixLength && s.Contains(range.BaseAddress)))
                throw Invalid("InvalidIPRange", $"{range} is not a part of the network's ranges ({string.Join(", ", subnets)}).", range);
        }
        return [.. subnets.Select(s => Make(s, gateways.Find(s.Contains), ranges.FindIndex(r => s.Contains(r.BaseAddress)) is var i and >= 0 ? ranges[i] : null))];
    }

    private static NetworkSubnetRecord Make(IPNetwork subnet, IPAddress? gateway, IPNetwork? range)
    {
        var (first, last) = AddressNumbers.Range(subnet);
        gateway ??= AddressNumbers.ToAddress(first + 1, subnet.BaseAddress.AddressFamily);
        UInt128 number = AddressNumbers.ToNumber(gateway);
        if (number == first || (number == last && subnet.BaseAddress.AddressFamily == AddressFamily.InterNetwork))
            throw Invalid("InvalidGateway", $"{gateway} names the network {subnet} or all in it, and cannot be the gateway's address.", gateway);
        return new NetworkSubnetRecord { Subnet = subnet.ToString(), Gateway = gateway.ToString(), IPRange = range?.ToString() };
    }

    private static IPNetwork Parse(string text)
    {
        // Also 10.1.0.5/24, which IPNetwork refuses: what is meant is plain.
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && IPAddress.TryParse(text.AsSpan(0, slash), out var address) && int.TryParse(text.AsSpan(slash + 1), out int length) && length > 0 && length <= AddressNumbers.Bits(address.AddressFamily))
            return AddressNumbers.NetworkOf(address, length);
        throw Invalid("InvalidSubnet", $"'{text}' is no range of addresses: write it as 10.1.0.0/24 or fd00:1::/64.", text);
    }

    private static void Check(IPNetwork subnet, SubnetChooser chooser)
    {
        int longest = AddressNumbers.Bits(subnet.BaseAddress.AddressFamily) - 2;
        if (subnet.PrefixLength > longest)
            throw Invalid("InvalidSubnet", $"{subnet} is too small for a network: a prefix of at most {longest} bits leaves room for the gateway and a container.", subnet);
        if (IPAddress.IsLoopback(subnet.BaseAddress) || subnet.BaseAddress.IsIPv6Multicast || subnet.BaseAddress.IsIPv6LinkLocal || (subnet.BaseAddress.AddressFamily == AddressFamily.InterNetwork && subnet.BaseAddress.GetAddressBytes()[0] is 0 or >= 224))
            throw Invalid("InvalidSubnet", $"{subnet} is reserved and cannot be a network's range. Take a private one, such as 10.1.0.0/24.", subnet);
        if (chooser.Conflict(subnet) is { } owner)
            throw new ContainerToolsException("SubnetInUse", ErrorKind.InUse, $"The range {subnet} overlaps with {owner}. Name another one, or leave -Subnet out and get a free one.", subnet.ToString());
    }

    private static IPAddress ParseGateway(string text) => IPAddress.TryParse(text, out var address) ? address : throw Invalid("InvalidGateway", $"'{text}' is no IP address.", text);

    private static ContainerToolsException Invalid(string errorId, string message, object target) => new(errorId, ErrorKind.InvalidArgument, message, target.ToString());
}
