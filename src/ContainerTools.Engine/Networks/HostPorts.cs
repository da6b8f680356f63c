using System.Net;
using System.Net.Sockets;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux;
using ContainerTools.Linux.Network;

namespace ContainerTools.Engine.Networks;

/// <summary>Settles which ports of the host a container's publications take, and takes them.</summary>
/// <param name="leases">The leases of all containers.</param>
/// <param name="held">Receives the sockets that hold the ports.</param>
internal sealed class HostPorts(IReadOnlyList<NetworkLease> leases, HeldPorts held)
{
    private const int Attempts = 100;

    private readonly List<PublishedRange> _settled = [];

    /// <summary>Takes the ports that were asked for, and free ones for those that were left open. If one cannot be had, none is held.</summary>
    /// <param name="publications">What is asked for.</param>
    /// <param name="hasIPv4">Whether the container has an IPv4 address to lead to.</param>
    /// <param name="hasIPv6">Whether the container has an IPv6 address to lead to.</param>
    /// <exception cref="ContainerToolsException">PortInUse, HostAddressNotFound, PublishFamilyMissing, PortNotPermitted, TooManyPorts.</exception>
    public List<PublishedRange> Settle(IEnumerable<PortPublication> publications, bool hasIPv4, bool hasIPv6)
    {
        try
        {
            foreach (var publication in publications)
            {
                var addresses = Addresses(publication, hasIPv4, hasIPv6);
                if (publication.HostPort == 0 || publication.HostChoices > 1)
                    Choose(publication, addresses);
                else if (Take(publication, addresses, publication.HostPort, publication.ContainerPort, publication.Count) is { } conflict)
                    throw conflict;
            }
            return _settled;
        }
        catch (LinuxException e) when (e.Errno is Errno.EMFILE or Errno.ENFILE)
        {
            held.Dispose();
            throw new ContainerToolsException("TooManyPorts", ErrorKind.Unavailable,
                $"So many ports cannot be published: each is held by an open file, of which a process may have no more here ({e.Message}). Raise the limit (ulimit -n), or publish fewer.", null, e);
        }
        catch (LinuxException e)
        {
            held.Dispose();
            if (e.Errno is Errno.EACCES && UserSession.IsRootless)
            {
                throw new ContainerToolsException("PortNotPermitted", ErrorKind.PermissionDenied,
                    $"A port could not be published ({e.Message}): ordinary users may take those from {KernelNetworkSettings.FirstUnprivilegedPort} up. Publish a higher one, or have the administrator lower net.ipv4.ip_unprivileged_port_start.", null, e);
            }
            throw ContainerToolsException.FromIO(e, "PortNotPermitted", "A port could not be published");
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private static List<IPAddress> Addresses(PortPublication publication, bool hasIPv4, bool hasIPv6)
    {
        List<IPAddress> addresses = publication.HostAddress is { } given ? [IPAddress.Parse(given)] : [];
        if (addresses.Count == 0 && hasIPv4)
            addresses.Add(IPAddress.Any);
        if (addresses.Count == 0 || (publication.HostAddress is null && hasIPv6))
            addresses.Add(IPAddress.IPv6Any);
        // What is forwarded by a process leads to either.
        return addresses.Find(a => a.Equals(IPAddress.IPv6Loopback) ? !hasIPv4 && !hasIPv6 : a.AddressFamily == AddressFamily.InterNetworkV6 ? !hasIPv6 : !hasIPv4) is { } missing
            ? throw new ContainerToolsException("PublishFamilyMissing", ErrorKind.InvalidArgument,
                $"Port {publication.ContainerPort} cannot be published on {missing}: the container has no address of that family. Make the network with a range of it.", missing.ToString())
            : addresses;
    }

    private void Choose(PortPublication publication, List<IPAddress> addresses)
    {
        ContainerToolsException? conflict = null;
        for (int i = 0; i < publication.Count; i++)
        {
            int attempts = publication.HostPort == 0 ? Attempts : publication.HostChoices;
            for (int attempt = 0; attempt < attempts; attempt++)
            {
                conflict = Take(publication, addresses, publication.HostPort == 0 ? 0 : publication.HostPort + attempt, publication.ContainerPort + i, 1);
                if (conflict is null)
                    break;
            }
            if (conflict is not null)
                throw conflict;
        }
    }

    /// <summary>Takes ports in a row on all addresses, the same ones; or none, and says why not.</summary>
    private ContainerToolsException? Take(PortPublication publication, List<IPAddress> addresses, int hostPort, int containerPort, int count)
    {
        int before = held.Count;
        List<PublishedRange> taken = [];
        foreach (var address in addresses)
        {
            // Which one is free, the kernel says for the first address.
            var range = new PublishedRange(publication.Protocol, address, taken.Count > 0 ? taken[0].HostPort : hostPort, containerPort, count);
            var conflict = Conflict(range, taken) ?? Hold(ref range) ?? (hostPort == 0 ? Conflict(range, taken) : null);
            if (conflict is not null)
            {
                held.Truncate(before);
                return conflict;
            }
            taken.Add(range);
        }
        _settled.AddRange(taken);
        return null;
    }

    private ContainerToolsException? Conflict(PublishedRange range, List<PublishedRange> taken)
    {
        foreach (var lease in leases)
        {
            if (lease.Published.FirstOrDefault(range.Overlaps) is { } other)
                return InUse(range, Math.Max(range.HostPort, other.HostPort), $"the container '{lease.Names[0]}' has it");
        }
        return _settled.Concat(taken).FirstOrDefault(range.Overlaps) is { } twice ? InUse(range, Math.Max(range.HostPort, twice.HostPort), "it is published twice") : null;
    }

    private ContainerToolsException? Hold(ref PublishedRange range)
    {
        for (int i = 0; i < range.Count; i++)
        {
            int port = range.HostPort + i;
            var result = PortHold.Take(range.Protocol, range.HostAddress, ref port, out var socket);
            if (result is PortHoldResult.InUse)
                return InUse(range, port, "a program on this host uses it");
            if (result is PortHoldResult.NoSuchAddress)
                return new ContainerToolsException("HostAddressNotFound", ErrorKind.NotFound, $"Port {port}/{range.Protocol} cannot be published on {range.HostAddress}, which is not an address of this host.", range.HostAddress.ToString());
            if (socket is not null)
                held.Add(new HeldPort(socket, range.Protocol, range.HostAddress, port));
            if (range.HostPort == 0)
                range = range with { HostPort = port };
        }
        return null;
    }

    private static ContainerToolsException InUse(PublishedRange range, int port, string reason) => new("PortInUse", ErrorKind.InUse,
        $"Port {port}/{range.Protocol} of {(range.IsAnyAddress ? "this host" : range.HostAddress)} cannot be published: {reason}. Choose another port, or leave the host's port out to get a free one.", port);
}
