using System.Buffers.Binary;
using System.Net;

namespace ContainerTools.Linux.Network;

/// <summary>
/// Changes to the elements of maps of one <c>inet</c> table of nf_tables, which <see cref="PacketFilter.Execute"/> makes all together or not at all. What <c>nft</c> lists afterwards
/// is the same as if it had made them itself.
/// </summary>
/// <param name="table">The table's name.</param>
public sealed class PacketFilterBatch(string table)
{
    // linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h
    private const ushort BeginBatch = 16, EndBatch = 17, Create = 0x400, Nested = 0x8000;
    private const ushort NewElement = (NetfilterHeader.Tables << 8) | 12, DeleteElement = (NetfilterHeader.Tables << 8) | 14;
    private const ushort ListTable = 1, ListSet = 2, ListElements = 3, ListElement = 1, ElementKey = 1, ElementData = 2, DataValue = 1;

    // A netlink attribute holds less than 64 KiB.
    private const int MaximumElements = 500;

    private readonly List<string> _descriptions = [];
    private readonly NetlinkWriter _messages = new();

    /// <summary>Whether nothing is to be changed.</summary>
    public bool IsEmpty => _messages.Count == 0;

    /// <summary>Adds elements to a map, or takes them out.</summary>
    /// <param name="map">The map's name.</param>
    /// <param name="remove">Whether they are taken out.</param>
    /// <param name="elements">Keys and values as <see cref="Join"/> makes them; the values of what is taken out do not count.</param>
    public void Change(string map, bool remove, IEnumerable<(byte[] Key, byte[] Value)> elements)
    {
        foreach (var chunk in elements.Chunk(MaximumElements))
        {
            if (IsEmpty)
                Begin("begin", BeginBatch, NetlinkSocket.Request, new NetfilterHeader(0, NetfilterHeader.Tables));
            Begin($"{(remove ? "delete" : "add")} elements of the map {map}", remove ? DeleteElement : NewElement,
                NetlinkSocket.Request | NetlinkSocket.Acknowledge | (remove ? 0 : Create), new NetfilterHeader(NetfilterHeader.Inet));
            _messages.Attribute(ListTable, table);
            _messages.Attribute(ListSet, map);
            int list = _messages.BeginNested(ListElements | Nested);
            foreach (var (key, value) in chunk)
            {
                int element = _messages.BeginNested(ListElement | Nested);
                AddData(ElementKey, key);
                if (!remove)
                    AddData(ElementData, value);
                _messages.EndNested(element);
            }
            _messages.EndNested(list);
        }
    }

    /// <summary>Joins what a key or a value is made of: IP addresses, ports and numbers of protocols, each filled up to a multiple of four bytes.</summary>
    /// <param name="address">The address that it begins with; null for none.</param>
    /// <param name="protocol">The protocol's number (6 for TCP); null for none.</param>
    /// <param name="port">The port.</param>
    public static byte[] Join(IPAddress? address, byte? protocol, int port)
    {
        List<byte> bytes = [.. address?.GetAddressBytes() ?? []];
        if (protocol is { } number)
            bytes.AddRange([number, 0, 0, 0]);
        Span<byte> word = stackalloc byte[4];
        word.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(word, (ushort)port);
        bytes.AddRange(word);
        return [.. bytes];
    }

    internal NetlinkWriter Finish()
    {
        Begin("commit", EndBatch, NetlinkSocket.Request, new NetfilterHeader(0, NetfilterHeader.Tables));
        return _messages;
    }

    internal string Describe(int message) => message >= 0 && message < _descriptions.Count ? _descriptions[message] : "netlink";

    private void Begin(string description, ushort type, int flags, NetfilterHeader header)
    {
        _descriptions.Add(description);
        _messages.BeginMessage(type, (ushort)flags);
        _messages.Add(header);
    }

    private void AddData(ushort type, byte[] value)
    {
        int data = _messages.BeginNested((ushort)(type | Nested));
        _messages.Attribute(DataValue, value);
        _messages.EndNested(data);
    }
}
