using System.Net;
using System.Net.Sockets;
using ContainerTools.Linux.Network;

namespace ContainerTools.Engine.Networks;

/// <summary>Settles which ports of the host a container's publications take.</summary>
internal static class HostPorts
{
    private const int Attempts = 100;

    /// <summary>Checks the ports that were asked for, and chooses those that were left open.</summary>
    /// <param name="publications">What is asked for.</param>
    /// <param name="hasIPv4">Whether the container has an IPv4 address to lead to.</param>
    /// <param name="hasIPv6">Whether the container has an IPv6 address to lead to.</param>
    /// <param name="leases">The leases of all containers.</param>
    /// <exception cref="ContainerToolsException">PortInUse, HostAddressNotFound, PublishFamilyMissing.</exception>
    public static List<PublishedRange> Settle(IEnumerable<PortPublication> publications, bool hasIPv4, bool hasIPv6, IReadOnlyList<NetworkLease> leases)
    {
        List<PublishedRange> settled = [];
        foreach (var publication in publications)
        {
            List<IPAddress> addresses = publication.HostAddress is { } given ? [IPAddress.Parse(given)] : [];
            if (addresses.Count == 0 && hasIPv4)
                addresses.Add(IPAddress.Any);
            if (addresses.Count == 0 || (publication.HostAddress is null && hasIPv6))
                addresses.Add(IPAddress.IPv6Any);
            foreach (var address in addresses)
            {
                if (address.AddressFamily == AddressFamily.InterNetworkV6 ? !hasIPv6 : !hasIPv4)
                {
                    throw new ContainerToolsException("PublishFamilyMissing", ErrorKind.InvalidArgument,
                        $"Port {publication.ContainerPort} cannot be published on {address}: the container has no address of that family. Make the network with a range of it.", address.ToString());
                }
            }
            // Both families get the same port.
            settled.AddRange(publication.HostPort == 0 || publication.HostChoices > 1 ? Choose(publication, addresses, leases, settled) : Take(publication, addresses, publication.HostPort, leases, settled));
        }
        return settled;
    }

    private static List<PublishedRange> Take(PortPublication publication, List<IPAddress> addresses, int hostPort, IReadOnlyList<NetworkLease> leases, List<PublishedRange> own)
    {
        List<PublishedRange> ranges = [.. addresses.Select(a => new PublishedRange(publication.Protocol, a, hostPort, publication.ContainerPort, publication.Count))];
        foreach (var range in ranges)
        {
            if (Conflict(range, leases, own) is { } conflict)
                throw conflict;
        }
        return ranges;
    }

    private static List<PublishedRange> Choose(PortPublication publication, List<IPAddress> addresses, IReadOnlyList<NetworkLease> leases, List<PublishedRange> own)
    {
        ContainerToolsException? last = null;
        List<PublishedRange> chosen = [];
        for (int i = 0; i < publication.Count; i++)
        {
            bool found = false;
            int attempts = publication.HostPort == 0 ? Attempts : publication.HostChoices;
            for (int attempt = 0; attempt < attempts && !found; attempt++)
            {
                int port = publication.HostPort == 0 ? PortProbe.FreePort(publication.Protocol, addresses[0]) : publication.HostPort + attempt;
                List<PublishedRange> ranges = [.. addresses.Select(a => new PublishedRange(publication.Protocol, a, port, publication.ContainerPort + i, 1))];
                var conflicts = ranges.Select(r => Conflict(r, leases, [.. own, .. chosen])).OfType<ContainerToolsException>().ToList();
                last = conflicts.Count > 0 ? conflicts[0] : last;
                found = conflicts.Count == 0;
                if (found)
                    chosen.AddRange(ranges);
            }
            if (!found)
                throw last!;
        }
        return chosen;
    }

    private static ContainerToolsException? Conflict(PublishedRange range, IReadOnlyList<NetworkLease> leases, IReadOnlyList<PublishedRange> own)
    {
        foreach (var lease in leases)
        {
            if (lease.Published.FirstOrDefault(range.Overlaps) is { } other)
                return InUse(range, Math.Max(range.HostPort, other.HostPort), $"the container '{lease.Names[0]}' has it");
        }
        if (own.FirstOrDefault(range.Overlaps) is { } twice)
            return InUse(range, Math.Max(range.HostPort, twice.HostPort), "it is published twice");
        for (int port = range.HostPort; port < range.HostPort + range.Count; port++)
        {
            switch (PortProbe.Probe(range.Protocol, range.HostAddress, port))
            {
                case PortProbeResult.InUse:
                    return InUse(range, port, "a program on this host listens on it");
                case PortProbeResult.NoSuchAddress:
                    return new ContainerToolsException("HostAddressNotFound", ErrorKind.NotFound, $"Port {port}/{range.Protocol} cannot be published on {range.HostAddress}, which is not an address of this host.", range.HostAddress.ToString());
                default:
                    break;
            }
        }
        return null;
    }

    private static ContainerToolsException InUse(PublishedRange range, int port, string reason) => new("PortInUse", ErrorKind.InUse,
        $"Port {port}/{range.Protocol} of {(range.IsAnyAddress ? "this host" : range.HostAddress)} cannot be published: {reason}. Choose another port, or leave the host's port out to get a free one.", port);
}
