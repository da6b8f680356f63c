using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Network;

/// <summary>Asks whether ports of this host are free, by binding a socket for a moment. (System.Net.Sockets would start threads.)</summary>
public static unsafe class PortProbe
{
    private const int CloseOnExec = 0x80000, SolSocket = 1, ReuseAddress = 2, SolIPv6 = 41, IPv6Only = 26;
    private const int Stream = 1, Datagram = 2, SctpProtocol = 132;

    /// <summary>Whether a program could listen on a port.</summary>
    /// <param name="protocol">tcp, udp or sctp.</param>
    /// <param name="address">The address; <c>0.0.0.0</c> or <c>::</c> for all.</param>
    /// <param name="port">The port; 0 for any.</param>
    public static PortProbeResult Probe(string protocol, IPAddress address, int port) => Bind(protocol, address, port, out _);

    /// <summary>A port on which a program could listen now.</summary>
    /// <param name="protocol">tcp, udp or sctp.</param>
    /// <param name="address">The address.</param>
    public static int FreePort(string protocol, IPAddress address)
    {
        // Where the kernel does not know the protocol, all are free.
        return Bind(protocol, address, 0, out var port) == PortProbeResult.Free && port > 0 ? port : Random.Shared.Next(32768, 61000);
    }

    private static PortProbeResult Bind(string protocol, IPAddress address, int port, out int bound)
    {
        ArgumentNullException.ThrowIfNull(address);
        bound = 0;
        var v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        var fd = NetworkCalls.socket(RouteBatch.AddressFamily(address.AddressFamily), (protocol == "udp" ? Datagram : Stream) | CloseOnExec, protocol == "sctp" ? SctpProtocol : 0);
        if (fd < 0)
            return PortProbeResult.Free;
        using var socket = new SafeFileHandle(fd, ownsHandle: true);
        int on = 1;
        if (v6)
            _ = NetworkCalls.setsockopt(fd, SolIPv6, IPv6Only, &on, sizeof(int));
        // Connections that have just ended do not count; those that listen still do.
        if (protocol != "udp")
            _ = NetworkCalls.setsockopt(fd, SolSocket, ReuseAddress, &on, sizeof(int));
        // struct sockaddr_in: family, port, address; struct sockaddr_in6: family, port, flow, address, scope
        var name = stackalloc byte[28];
        var span = new Span<byte>(name, 28);
        span.Clear();
        MemoryMarshal.Write(span, (ushort)RouteBatch.AddressFamily(address.AddressFamily));
        BinaryPrimitives.WriteUInt16BigEndian(span[2..], (ushort)port);
        _ = address.TryWriteBytes(span[(v6 ? 8 : 4)..], out _);
        var length = v6 ? 28u : 16u;
        if (NetworkCalls.bind(fd, name, length) < 0)
            return Result(Marshal.GetLastPInvokeError());
        if (protocol != "udp" && NetworkCalls.listen(fd, 1) < 0)
            return Result(Marshal.GetLastPInvokeError());
        if (NetworkCalls.getsockname(fd, name, &length) >= 0)
            bound = BinaryPrimitives.ReadUInt16BigEndian(span[2..]);
        return PortProbeResult.Free;
    }

    private static PortProbeResult Result(int errno) => errno switch
    {
        Errno.EADDRINUSE => PortProbeResult.InUse,
        Errno.EADDRNOTAVAIL => PortProbeResult.NoSuchAddress,
        _ => PortProbeResult.Free,
    };
}
