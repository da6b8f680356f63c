using System.Buffers.Binary;
using System.Net;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Network;

/// <summary>The kernel's table of tracked flows (nf_conntrack), over nfnetlink.</summary>
/// <remarks>
/// Rules of address translation are asked for the first packet of a flow only. A sender that goes on from one port, as with UDP many do, keeps its flow, and what is published or
/// moved meanwhile does not concern it until the flow is forgotten.
/// </remarks>
public static class FlowTable
{
    private const ushort Get = (1 << 8) | 1, Delete = (1 << 8) | 2; // NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET and _DELETE
    private const int OriginalTuple = 1, ReplyTuple = 2, TupleAddresses = 1, TupleProtocol = 2;
    private const int SourceIPv4 = 1, DestinationIPv4 = 2, SourceIPv6 = 3, DestinationIPv6 = 4;
    private const int ProtocolNumber = 1, DestinationPort = 3;
    private const int HeaderLength = 4; // struct nfgenmsg

    /// <summary>Forgets flows.</summary>
    /// <param name="which">Says of a flow whether it is to be forgotten.</param>
    /// <param name="networkNamespace">The network namespace; null for the calling thread's.</param>
    /// <returns>How many; 0 also where this kernel tracks nothing.</returns>
    public static int Forget(Func<TrackedFlow, bool> which, SafeFileHandle? networkNamespace = null)
    {
        ArgumentNullException.ThrowIfNull(which);
        try
        {
            using var socket = NetlinkSocket.Open(NetfilterHeader.Protocol, networkNamespace);
            var dump = new NetlinkWriter();
            dump.BeginMessage(Get, NetlinkSocket.Request | NetlinkSocket.Dump);
            dump.Add(new NetfilterHeader(0));
            var found = new List<(byte Family, byte[] Tuple)>();
            socket.Execute(dump, _ => "list flows", (_, content) =>
            {
                var flow = Read(content, out var tuple);
                if (tuple is not null && which(flow))
                    found.Add((content[0], tuple));
            });
            var count = 0;
            foreach (var (family, tuple) in found)
                count += TryDelete(socket, family, tuple) ? 1 : 0;
            return count;
        }
        catch (LinuxException)
        {
            return 0;
        }
    }

    private static bool TryDelete(NetlinkSocket socket, byte family, byte[] tuple)
    {
        var message = new NetlinkWriter();
        message.BeginMessage(Delete, NetlinkSocket.Request | NetlinkSocket.Acknowledge);
        message.Add(new NetfilterHeader(family));
        message.Attribute(OriginalTuple | 0x8000 /* NLA_F_NESTED */, tuple);
        try
        {
            socket.Execute(message, _ => "forget a flow");
            return true;
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return false;
        }
    }

    private static TrackedFlow Read(ReadOnlySpan<byte> content, out byte[]? tuple)
    {
        tuple = null;
        IPAddress? destination = null, answerer = null;
        int protocol = 0, port = 0;
        var attributes = new NetlinkReader(content[HeaderLength..]);
        while (attributes.Read())
        {
            if (attributes.Type == OriginalTuple)
            {
                tuple = attributes.Value.ToArray();
                ReadTuple(tuple, out _, out destination, out protocol, out port);
            }
            else if (attributes.Type == ReplyTuple)
            {
                ReadTuple(attributes.Value, out answerer, out _, out _, out _);
            }
        }
        return new TrackedFlow(protocol, destination, port, answerer);
    }

    private static void ReadTuple(ReadOnlySpan<byte> tuple, out IPAddress? source, out IPAddress? destination, out int protocol, out int port)
    {
        (source, destination, protocol, port) = (null, null, 0, 0);
        var parts = new NetlinkReader(tuple);
        while (parts.Read())
        {
            var part = new NetlinkReader(parts.Value);
            while (part.Read())
            {
                switch (parts.Type, part.Type)
                {
                    case (TupleAddresses, SourceIPv4 or SourceIPv6): source = new IPAddress(part.Value); break;
                    case (TupleAddresses, DestinationIPv4 or DestinationIPv6): destination = new IPAddress(part.Value); break;
                    case (TupleProtocol, ProtocolNumber): protocol = part.Value[0]; break;
                    case (TupleProtocol, DestinationPort): port = BinaryPrimitives.ReadUInt16BigEndian(part.Value); break;
                    default: break;
                }
            }
        }
    }
}
