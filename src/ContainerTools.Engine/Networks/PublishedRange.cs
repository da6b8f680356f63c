using System.Globalization;
using System.Net;

namespace ContainerTools.Engine.Networks;

/// <summary>Ports of the host in a row that lead to ports of a container in a row.</summary>
/// <param name="Protocol">tcp, udp or sctp.</param>
/// <param name="HostAddress">The host's address; 0.0.0.0 or :: for all of its family.</param>
/// <param name="HostPort">The first port of the host.</param>
/// <param name="ContainerPort">The first port of the container.</param>
/// <param name="Count">How many.</param>
internal sealed record PublishedRange(string Protocol, IPAddress HostAddress, int HostPort, int ContainerPort, int Count)
{
    private const char Separator = ' ';

    public bool IsAnyAddress => HostAddress.Equals(IPAddress.Any) || HostAddress.Equals(IPAddress.IPv6Any);

    /// <summary>Whether the host's address is ::1, from which the kernel leads nothing to another interface: a process does, to either family.</summary>
    public bool IsLoopbackIPv6 => HostAddress.Equals(IPAddress.IPv6Loopback);

    /// <summary>Whether a packet can be meant for both.</summary>
    public bool Overlaps(PublishedRange other) => Protocol == other.Protocol && HostAddress.AddressFamily == other.HostAddress.AddressFamily
        && (IsAnyAddress || other.IsAnyAddress || HostAddress.Equals(other.HostAddress))
        && HostPort < other.HostPort + other.Count && other.HostPort < HostPort + Count;

    public IEnumerable<PortMapping> ToMappings() => Enumerable.Range(0, Count).Select(i => new PortMapping(HostAddress, HostPort + i, ContainerPort + i, Protocol));

    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Protocol}{Separator}{HostAddress}{Separator}{HostPort}{Separator}{ContainerPort}{Separator}{Count}");

    public static PublishedRange Parse(string text)
    {
        string[] f = text.Split(Separator);
        return f.Length == 5
            ? new PublishedRange(f[0], IPAddress.Parse(f[1]), int.Parse(f[2], CultureInfo.InvariantCulture), int.Parse(f[3], CultureInfo.InvariantCulture), int.Parse(f[4], CultureInfo.InvariantCulture))
            : throw new FormatException($"'{text}' is no published range.");
    }
}
