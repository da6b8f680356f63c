using System.Net;
using System.Net.Sockets;

namespace ContainerTools.Linux.Network;

/// <summary>Changes to links, addresses and routes (rtnetlink(7)) that <see cref="RouteSocket.Execute"/> makes with one system call, in order.</summary>
public sealed class RouteBatch
{
    private const ushort NewLink = 16, DeleteLink = 17, SetLink = 19, NewAddress = 20, NewRoute = 24;
    private const ushort Create = 0x400, Exclusive = 0x200, Replace = 0x100;
    private const ushort Change = NetlinkSocket.Request | NetlinkSocket.Acknowledge;
    private const uint Up = 1;

    // IFLA_*, IFLA_INFO_*, VETH_INFO_PEER: linux/if_link.h
    private const ushort LinkAddress = 1, LinkName = 3, LinkMtu = 4, LinkMaster = 10, LinkInfo = 18, FamilySpecific = 26, NamespaceDescriptor = 28;
    private const ushort InfoKind = 1, InfoData = 2, VethPeer = 1, Inet6AddressGeneration = 8;
    private const byte NoGeneratedAddress = 1; // IN6_ADDR_GEN_MODE_NONE
    private const byte NoDuplicateDetection = 2; // IFA_F_NODAD

    private readonly List<string> _descriptions = [];

    internal NetlinkWriter Messages { get; } = new();

    /// <summary>Makes a bridge, switched off.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="address">Its hardware address, six bytes: given, since otherwise it changes with the ports.</param>
    /// <param name="mtu">Largest packet in bytes; 0 for the default.</param>
    public void AddBridge(string name, ReadOnlySpan<byte> address, int mtu)
    {
        BeginLink($"make the bridge {name}", NewLink, Change | Create | Exclusive, new LinkHeader());
        Messages.Attribute(LinkName, name);
        if (!address.IsEmpty)
            Messages.Attribute(LinkAddress, address);
        if (mtu > 0)
            Messages.Attribute(LinkMtu, (uint)mtu);
        var info = Messages.BeginNested(LinkInfo);
        Messages.Attribute(InfoKind, "bridge");
        Messages.EndNested(info);
    }

    /// <summary>Makes a pair of interfaces, both switched off.</summary>
    public void AddPair(VirtualPair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        BeginLink($"make the interface {pair.Name}", NewLink, Change | Create | Exclusive, new LinkHeader());
        Messages.Attribute(LinkName, pair.Name);
        if (pair.Mtu > 0)
            Messages.Attribute(LinkMtu, (uint)pair.Mtu);
        if (pair.BridgeIndex > 0)
            Messages.Attribute(LinkMaster, (uint)pair.BridgeIndex);
        var info = Messages.BeginNested(LinkInfo);
        Messages.Attribute(InfoKind, "veth");
        var data = Messages.BeginNested(InfoData);
        var peer = Messages.BeginNested(VethPeer);
        Messages.Add(new LinkHeader());
        Messages.Attribute(LinkName, pair.PeerName);
        if (pair.PeerAddress.Length > 0)
            Messages.Attribute(LinkAddress, pair.PeerAddress.Span);
        if (pair.Mtu > 0)
            Messages.Attribute(LinkMtu, (uint)pair.Mtu);
        Messages.Attribute(NamespaceDescriptor, (uint)(int)pair.PeerNamespace.DangerousGetHandle());
        Messages.EndNested(peer);
        Messages.EndNested(data);
        Messages.EndNested(info);
    }

    /// <summary>Switches a link on.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="linkLocal">False keeps it from giving itself an IPv6 address.</param>
    public void SetUp(string name, bool linkLocal = true)
    {
        BeginLink($"switch on {name}", SetLink, Change, new LinkHeader { Flags = Up, Change = Up });
        Messages.Attribute(LinkName, name);
        if (linkLocal)
            return;
        var specific = Messages.BeginNested(FamilySpecific);
        var inet6 = Messages.BeginNested((ushort)AddressFamily(System.Net.Sockets.AddressFamily.InterNetworkV6));
        Messages.Attribute(Inet6AddressGeneration, [NoGeneratedAddress]);
        Messages.EndNested(inet6);
        Messages.EndNested(specific);
    }

    /// <summary>Makes a link a port of a bridge.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="bridgeIndex">The bridge; 0 takes it out of the one it is in.</param>
    public void SetMaster(string name, int bridgeIndex)
    {
        BeginLink($"put {name} into the bridge", SetLink, Change, new LinkHeader());
        Messages.Attribute(LinkName, name);
        Messages.Attribute(LinkMaster, (uint)bridgeIndex);
    }

    /// <summary>Lets a bridge send what comes from a port out by the same port again, as a container needs that reaches itself by a port of the host.</summary>
    /// <param name="name">The port.</param>
    public void SetHairpin(string name)
    {
        const ushort SlaveKind = 4, SlaveData = 5, PortMode = 4;
        BeginLink($"let packets return to {name}", NewLink, Change, new LinkHeader());
        Messages.Attribute(LinkName, name);
        var info = Messages.BeginNested(LinkInfo);
        Messages.Attribute(SlaveKind, "bridge");
        var data = Messages.BeginNested(SlaveData);
        Messages.Attribute(PortMode, [1]);
        Messages.EndNested(data);
        Messages.EndNested(info);
    }

    /// <summary>Moves a link into another network namespace. It arrives switched off and without addresses.</summary>
    public void MoveLink(string name, Microsoft.Win32.SafeHandles.SafeFileHandle networkNamespace)
    {
        ArgumentNullException.ThrowIfNull(networkNamespace);
        BeginLink($"move {name} into the other namespace", SetLink, Change, new LinkHeader());
        Messages.Attribute(LinkName, name);
        Messages.Attribute(NamespaceDescriptor, (uint)(int)networkNamespace.DangerousGetHandle());
    }

    /// <summary>Removes a link, and with one end of a pair the other.</summary>
    public void RemoveLink(string name)
    {
        BeginLink($"remove {name}", DeleteLink, Change, new LinkHeader());
        Messages.Attribute(LinkName, name);
    }

    /// <summary>Gives a link an address, at once usable.</summary>
    /// <param name="index">The link.</param>
    /// <param name="address">The address.</param>
    /// <param name="prefixLength">Length of its network's prefix in bits.</param>
    public void AddAddress(int index, IPAddress address, int prefixLength)
    {
        ArgumentNullException.ThrowIfNull(address);
        const ushort Address = 1, Local = 2, Broadcast = 4;
        var v6 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        Begin($"add the address {address}/{prefixLength}", NewAddress, Change | Create | Replace);
        Messages.Add(new AddressHeader
        {
            Family = AddressFamily(address.AddressFamily),
            PrefixLength = (byte)prefixLength,
            Flags = v6 ? NoDuplicateDetection : (byte)0,
            Index = index,
        });
        var bytes = address.GetAddressBytes();
        Messages.Attribute(Local, bytes);
        Messages.Attribute(Address, bytes);
        if (v6 || prefixLength > 30)
            return;
        for (var bit = prefixLength; bit < 32; bit++)
            bytes[bit / 8] |= (byte)(0x80 >> (bit % 8));
        Messages.Attribute(Broadcast, bytes);
    }

    /// <summary>Adds a default route.</summary>
    /// <param name="index">The link.</param>
    /// <param name="gateway">The router.</param>
    /// <param name="metric">Its rank among several, the smallest goes first; 0 for the kernel's default.</param>
    public void AddDefaultRoute(int index, IPAddress gateway, int metric = 0)
    {
        ArgumentNullException.ThrowIfNull(gateway);
        const ushort OutputInterface = 4, Gateway = 5, Priority = 6;
        const byte MainTable = 254, BootProtocol = 3, Unicast = 1;
        Begin($"add the route by {gateway}", NewRoute, Change | Create | Exclusive);
        Messages.Add(new RouteHeader { Family = AddressFamily(gateway.AddressFamily), Table = MainTable, Protocol = BootProtocol, Type = Unicast });
        Messages.Attribute(Gateway, gateway.GetAddressBytes());
        Messages.Attribute(OutputInterface, (uint)index);
        if (metric > 0)
            Messages.Attribute(Priority, (uint)metric);
    }

    internal string Describe(int message) => message >= 0 && message < _descriptions.Count ? _descriptions[message] : "netlink";

    /// <summary>AF_INET and AF_INET6 as Linux numbers them.</summary>
    internal static byte AddressFamily(AddressFamily family) => family == System.Net.Sockets.AddressFamily.InterNetworkV6 ? (byte)10 : (byte)2;

    private void BeginLink(string description, ushort type, int flags, LinkHeader header)
    {
        Begin(description, type, flags);
        Messages.Add(header);
    }

    private void Begin(string description, ushort type, int flags)
    {
        _descriptions.Add(description);
        Messages.BeginMessage(type, (ushort)flags);
    }
}
