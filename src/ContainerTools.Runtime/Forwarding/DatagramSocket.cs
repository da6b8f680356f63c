using ContainerTools.Linux.Network;

namespace ContainerTools.Runtime.Forwarding;

/// <summary>Calls on a socket for datagrams of many senders.</summary>
internal static unsafe class DatagramSocket
{
    /// <summary>Bytes that hold what the kernel says beside a datagram.</summary>
    public const int MaximumControl = 64;

    private const int InternetLevel = 0, PacketInformation = 8, Internet6Level = 41, ReceivePacketInformation6 = 49;

    /// <summary>Has the kernel say to which of this host's addresses each datagram was sent, so that the answer comes from that one.</summary>
    /// <param name="socket">The socket.</param>
    public static void AskForAddresses(int socket)
    {
        // One of them is of the socket's family.
        SocketOptions.Set(socket, InternetLevel, PacketInformation, 1);
        SocketOptions.Set(socket, Internet6Level, ReceivePacketInformation6, 1);
    }

    /// <summary>Takes a datagram.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="buffer">Receives it.</param>
    /// <param name="address">Receives the sender's address, and how long it is.</param>
    /// <param name="control">Receives what is to be said beside an answer.</param>
    /// <returns>Its length; negative if there is none.</returns>
    public static int Receive(int socket, byte[] buffer, ref Span<byte> address, ref Span<byte> control)
    {
        fixed (byte* data = buffer, name = address, beside = control)
        {
            var part = new MessagePart { Data = data, Length = (nuint)buffer.Length };
            var header = new MessageHeader { Name = name, NameLength = (uint)address.Length, Parts = &part, PartCount = 1, Control = beside, ControlLength = (nuint)control.Length };
            var count = NetworkCalls.recvmsg(socket, &header, 0);
            if (count < 0)
                return -1;
            address = address[..(int)header.NameLength];
            control = control[..(int)header.ControlLength];
            ClearInterface(control);
            return (int)count;
        }
    }

    /// <summary>Sends one; what there is no room for is lost, as datagrams may be.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="data">The datagram.</param>
    /// <param name="address">To whom.</param>
    /// <param name="control">As it was received.</param>
    public static void Send(int socket, ReadOnlySpan<byte> data, ReadOnlySpan<byte> address, ReadOnlySpan<byte> control)
    {
        fixed (byte* bytes = data, name = address, beside = control)
        {
            var part = new MessagePart { Data = bytes, Length = (nuint)data.Length };
            var header = new MessageHeader { Name = name, NameLength = (uint)address.Length, Parts = &part, PartCount = 1, Control = beside, ControlLength = (nuint)control.Length };
            _ = NetworkCalls.sendmsg(socket, &header, 0);
        }
    }

    // The way back is found by the routes, not by where the question came in; but a link-local address is of one interface.
    private static void ClearInterface(Span<byte> control)
    {
        // struct cmsghdr: length (8), level, type; then struct in_pktinfo: interface (4), own address, destination; or struct in6_pktinfo: destination (16), interface
        const int Header = 16;
        if (control.Length >= Header + 20 && control[8] == Internet6Level)
        {
            if (!(control[Header] == 0xFE && (control[Header + 1] & 0xC0) == 0x80))
                control.Slice(Header + 16, sizeof(int)).Clear();
        }
        else if (control.Length >= Header + 12)
        {
            control.Slice(Header, sizeof(int)).Clear();
        }
    }
}
