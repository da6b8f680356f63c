using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Network;

/// <summary>Links, addresses and routes of one network namespace, over rtnetlink(7).</summary>
public sealed class RouteSocket : IDisposable
{
    private const int RouteProtocol = 0;
    private const ushort NewLink = 16, GetLink = 18, NewAddress = 20, GetAddress = 22, NewRoute = 24, GetRoute = 26;
    private const ushort LinkAddress = 1, LinkName = 3, LinkMtu = 4, LinkMaster = 10, LinkInfo = 18, InfoKind = 1;

    private readonly NetlinkSocket _socket;

    private RouteSocket(NetlinkSocket socket) => _socket = socket;

    /// <summary>Opens a socket.</summary>
    /// <param name="networkNamespace">The namespace, which need not stay open; null for the calling thread's.</param>
    public static RouteSocket Open(SafeFileHandle? networkNamespace = null) => new(NetlinkSocket.Open(RouteProtocol, networkNamespace));

    /// <summary>Makes changes, all with one system call.</summary>
    /// <exception cref="LinuxException">The first change that the kernel refused. Those behind it have been tried nevertheless.</exception>
    public void Execute(RouteBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _socket.Execute(batch.Messages, batch.Describe);
    }

    /// <summary>The link of a name; null if there is none.</summary>
    public NetworkLink? FindLink(string name)
    {
        var messages = new NetlinkWriter();
        messages.BeginMessage(GetLink, NetlinkSocket.Request | NetlinkSocket.Acknowledge);
        messages.Add(new LinkHeader());
        messages.Attribute(LinkName, name);
        NetworkLink? found = null;
        try
        {
            _socket.Execute(messages, _ => $"find {name}", (type, content) => found = type == NewLink ? ReadLink(content) : found);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENODEV)
        {
            return null;
        }
        return found;
    }

    /// <summary>All links.</summary>
    public IReadOnlyList<NetworkLink> Links()
    {
        var links = new List<NetworkLink>();
        Dump(GetLink, new LinkHeader(), (type, content) =>
        {
            if (type == NewLink)
                links.Add(ReadLink(content));
        });
        return links;
    }

    /// <summary>All addresses, with their networks, and the index of the link they belong to.</summary>
    public IReadOnlyList<(IPAddress Address, int PrefixLength, int Index)> Addresses()
    {
        const ushort Address = 1, Local = 2;
        var addresses = new List<(IPAddress, int, int)>();
        Dump(GetAddress, new AddressHeader(), (type, content) =>
        {
            if (type != NewAddress)
                return;
            var header = MemoryMarshal.Read<AddressHeader>(content);
            IPAddress? address = null;
            var attributes = new NetlinkReader(content[Unsafe.SizeOf<AddressHeader>()..]);
            while (attributes.Read())
            {
                // A point-to-point link has the other end's as its address.
                if (attributes.Type == Local || (attributes.Type == Address && address is null))
                    address = new IPAddress(attributes.Value);
            }
            if (address is not null)
                addresses.Add((address, header.PrefixLength, header.Index));
        });
        return addresses;
    }

    /// <summary>Destinations of all routes of all tables but the local one, and the link that they lead to. Default routes have a prefix length of 0.</summary>
    public IReadOnlyList<(IPAddress Network, int PrefixLength, int Index)> Routes()
    {
        const ushort Destination = 1, OutputInterface = 4;
        const byte LocalTable = 255;
        var routes = new List<(IPAddress, int, int)>();
        Dump(GetRoute, new RouteHeader(), (type, content) =>
        {
            if (type != NewRoute)
                return;
            var header = MemoryMarshal.Read<RouteHeader>(content);
            if (header.Table == LocalTable || header.Family is not (2 or 10))
                return;
            var destination = header.Family == 10 ? IPAddress.IPv6Any : IPAddress.Any;
            var index = 0;
            var attributes = new NetlinkReader(content[Unsafe.SizeOf<RouteHeader>()..]);
            while (attributes.Read())
            {
                if (attributes.Type == Destination)
                    destination = new IPAddress(attributes.Value);
                else if (attributes.Type == OutputInterface)
                    index = attributes.ToInt32();
            }
            routes.Add((destination, header.DestinationLength, index));
        });
        return routes;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void Dump<T>(ushort type, T header, NetlinkSocket.Receiver receiver)
        where T : unmanaged
    {
        var messages = new NetlinkWriter();
        messages.BeginMessage(type, NetlinkSocket.Request | NetlinkSocket.Dump);
        messages.Add(header);
        _socket.Execute(messages, _ => "list", receiver);
    }

    private static NetworkLink ReadLink(ReadOnlySpan<byte> content)
    {
        var header = MemoryMarshal.Read<LinkHeader>(content);
        string name = "", kind = "", address = "";
        int master = 0, mtu = 0;
        var attributes = new NetlinkReader(content[Unsafe.SizeOf<LinkHeader>()..]);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case LinkName: name = attributes.ToText(); break;
                case LinkMtu: mtu = attributes.ToInt32(); break;
                case LinkMaster: master = attributes.ToInt32(); break;
                case LinkAddress: address = HardwareAddress.Format(attributes.Value); break;
                case LinkInfo:
                    var info = new NetlinkReader(attributes.Value);
                    while (info.Read())
                    {
                        if (info.Type == InfoKind)
                            kind = info.ToText();
                    }
                    break;
                default: break;
            }
        }
        return new NetworkLink(header.Index, name, kind, master, (header.Flags & 1) != 0, mtu, address);
    }
}
