using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ContainerTools.Runtime.Forwarding;

/// <summary>A socket address as the kernel's calls take it (ip(7), ipv6(7)).</summary>
/// <param name="Address">The host's address.</param>
/// <param name="Port">The port.</param>
internal readonly record struct SocketAddress(IPAddress Address, int Port)
{
    /// <summary>Bytes that hold any address of the two families.</summary>
    public const int MaximumSize = 28;

    private const ushort Inet = 2, Inet6 = 10;

    /// <summary>AF_INET or AF_INET6.</summary>
    public int Family => Address.AddressFamily == AddressFamily.InterNetworkV6 ? Inet6 : Inet;

    /// <summary>Writes it.</summary>
    /// <returns>How many bytes it has.</returns>
    public uint Write(Span<byte> target)
    {
        // struct sockaddr_in: family, port, address; struct sockaddr_in6: family, port, flow, address, scope
        var v6 = Family == Inet6;
        target[..MaximumSize].Clear();
        MemoryMarshal.Write(target, (ushort)Family);
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)Port);
        _ = Address.TryWriteBytes(target[(v6 ? 8 : 4)..], out _);
        return v6 ? 28u : 16u;
    }
}
