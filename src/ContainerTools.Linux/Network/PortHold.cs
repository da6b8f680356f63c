using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Network;

/// <summary>Holds ports of this host by sockets that are bound to them, so that no program can listen there as long as they are open. (System.Net.Sockets would start threads.)</summary>
public static unsafe class PortHold
{
    private const int CloseOnExec = 0x80000, SolSocket = 1, ReuseAddress = 2, ReceiveBuffer = 8, SolIPv6 = 41, IPv6Only = 26;
    private const int Stream = 1, Datagram = 2;

    /// <summary>Takes a port.</summary>
    /// <param name="protocol">tcp, udp or sctp.</param>
    /// <param name="address">The address; <c>0.0.0.0</c> or <c>::</c> for all of its family.</param>
    /// <param name="port">The port; 0 for any. Receives which one it is.</param>
    /// <param name="held">Receives what holds it until it is closed; null where it could not be taken, or where this kernel has no sockets of the protocol, so that nobody could listen.</param>
    /// <exception cref="LinuxException">EMFILE: this process has too many files open.</exception>
    public static PortHoldResult Take(string protocol, IPAddress address, ref int port, out SafeFileHandle? held)
    {
        ArgumentNullException.ThrowIfNull(address);
        // Nothing listens, so that where rules are missing a connection is refused and does not wait for ever.
        var result = Bind(protocol, address, ref port, reuse: false, out held);
        // Connections of a program that has just ended are in the way then; for one that listens they are not, nor is anything else but another that listens.
        return result == PortHoldResult.InUse && protocol != "udp" ? Bind(protocol, address, ref port, reuse: true, out held) : result;
    }

    private static PortHoldResult Bind(string protocol, IPAddress address, ref int port, bool reuse, out SafeFileHandle? held)
    {
        held = null;
        var v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        var fd = NetworkCalls.socket(RouteBatch.AddressFamily(address.AddressFamily), (protocol == "udp" ? Datagram : Stream) | CloseOnExec, protocol == "sctp" ? TransportProtocol.Sctp : 0);
        if (fd < 0)
        {
            if (Marshal.GetLastPInvokeError() is Errno.EMFILE or Errno.ENFILE)
                throw LinuxException.Last("socket", $"{address} {port}");
            // Where the kernel does not know the protocol, all ports are free.
            if (port == 0)
                port = Random.Shared.Next(32768, 61000);
            return PortHoldResult.Held;
        }
        var socket = new SafeFileHandle(fd, ownsHandle: true);
        int on = 1, none = 0;
        if (v6)
            _ = NetworkCalls.setsockopt(fd, SolIPv6, IPv6Only, &on, sizeof(int));
        if (reuse)
            _ = NetworkCalls.setsockopt(fd, SolSocket, ReuseAddress, &on, sizeof(int));
        _ = NetworkCalls.setsockopt(fd, SolSocket, ReceiveBuffer, &none, sizeof(int));
        // struct sockaddr_in: family, port, address; struct sockaddr_in6: family, port, flow, address, scope
        var name = stackalloc byte[28];
        var span = new Span<byte>(name, 28);
        span.Clear();
        MemoryMarshal.Write(span, (ushort)RouteBatch.AddressFamily(address.AddressFamily));
        BinaryPrimitives.WriteUInt16BigEndian(span[2..], (ushort)port);
        _ = address.TryWriteBytes(span[(v6 ? 8 : 4)..], out _);
        var length = v6 ? 28u : 16u;
        if (NetworkCalls.bind(fd, name, length) < 0 || (reuse && NetworkCalls.listen(fd, 1) < 0))
        {
            var errno = Marshal.GetLastPInvokeError();
            socket.Dispose();
            return errno switch
            {
                Errno.EADDRINUSE => PortHoldResult.InUse,
                Errno.EADDRNOTAVAIL => PortHoldResult.NoSuchAddress,
                _ => throw new LinuxException(errno, $"bind {address} {port}/{protocol}"),
            };
        }
        if (NetworkCalls.getsockname(fd, name, &length) >= 0)
            port = BinaryPrimitives.ReadUInt16BigEndian(span[2..]);
        held = socket;
        return PortHoldResult.Held;
    }
}
