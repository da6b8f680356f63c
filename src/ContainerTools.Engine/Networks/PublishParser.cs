using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ContainerTools.Engine.Networks;

/// <summary>Reads publications: <c>8080:80</c>, <c>80</c>, <c>127.0.0.1:8080:80/tcp</c>, <c>[fd00::1]:53:53/udp</c>, <c>8000-8009:8000-8009</c>.</summary>
public static class PublishParser
{
    private static readonly string[] s_protocols = ["tcp", "udp", "sctp"];

    /// <summary>Reads one.</summary>
    /// <exception cref="ContainerToolsException">InvalidPublish.</exception>
    public static PortPublication Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string rest = text.Trim();
        var result = new PortPublication();
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            result.Protocol = rest[(slash + 1)..].ToLowerInvariant();
            rest = rest[..slash];
            if (!s_protocols.Contains(result.Protocol))
                throw Invalid(text, $"the protocol '{result.Protocol}' is not known; tcp, udp and sctp are");
        }
        int colon = rest.LastIndexOf(':');
        (int containerFirst, int containerLast) = Range(text, rest[(colon + 1)..]);
        result.ContainerPort = containerFirst;
        result.Count = containerLast - containerFirst + 1;
        if (colon < 0)
            return result;
        rest = rest[..colon];
        colon = rest.LastIndexOf(':');
        // In [::1]:80 the last colon before the bracket belongs to the address.
        if (rest.EndsWith(']'))
            throw Invalid(text, "behind an address two ports are needed, as in [fd00::1]:8080:80");
        if (colon >= 0)
            result.HostAddress = Address(text, rest[..colon]);
        string host = rest[(colon + 1)..];
        if (host.Length == 0)
        {
            if (colon < 0)
                throw Invalid(text, "the host's port is missing; leave the colon out for a free one");
            return result;
        }
        (int hostFirst, int hostLast) = Range(text, host, allowZero: true);
        result.HostPort = hostFirst;
        int hostCount = hostLast - hostFirst + 1;
        if (hostCount == result.Count)
            return result;
        if (result.Count != 1)
            throw Invalid(text, $"the host's range has {hostCount} ports and the container's {result.Count}");
        result.HostChoices = hostCount;
        return result;
    }

    private static (int First, int Last) Range(string whole, string text, bool allowZero = false)
    {
        string[] parts = text.Split('-');
        if (parts.Length > 2)
            throw Invalid(whole, $"'{text}' is no port and no range of ports");
        int first = Port(whole, parts[0], allowZero), last = Port(whole, parts[^1], allowZero);
        return first <= last ? (first, last) : throw Invalid(whole, $"the range '{text}' ends before it begins");
    }

    private static int Port(string whole, string text, bool allowZero) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= 65535 && (port > 0 || allowZero)
            ? port : throw Invalid(whole, $"'{text}' is no port; ports are 1 to 65535");

    private static string Address(string whole, string text)
    {
        string bare = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        if (!IPAddress.TryParse(bare, out var address) || (bare.Length == text.Length && bare.Contains(':', StringComparison.Ordinal)))
            throw Invalid(whole, $"'{text}' is no IP address (an IPv6 address stands in brackets)");
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.IsIPv6LinkLocal)
            throw Invalid(whole, $"{address} is of one interface only, and so are the packets for it; publish on another address of this host");
        // 224.0.0.0/4 and, for a broadcast, 255.255.255.255.
        if (address.IsIPv6Multicast || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] >= 224))
            throw Invalid(whole, $"{address} is the address of many hosts");
        return address.ToString();
    }

    private static ContainerToolsException Invalid(string text, string reason) => new("InvalidPublish", ErrorKind.InvalidArgument,
        $"'{text}' cannot be published: {reason}. Write [ADDRESS:][HOSTPORT:]PORT[/tcp|udp|sctp], such as 8080:80, 127.0.0.1:8080:80 or 8000-8009:8000-8009/udp.", text);
}
