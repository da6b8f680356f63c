using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace ContainerTools.Engine.Networks;

/// <summary>IP addresses as numbers, to count with.</summary>
internal static class AddressNumbers
{
    /// <summary>The number of an address, of 32 or of 128 bits.</summary>
    public static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>The address of a number.</summary>
    public static IPAddress ToAddress(UInt128 number, AddressFamily family)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (family == AddressFamily.InterNetwork)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)number);
            return new IPAddress(bytes[..4]);
        }
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(bytes);
    }

    /// <summary>The first and the last number of a network.</summary>
    public static (UInt128 First, UInt128 Last) Range(IPNetwork network)
    {
        int hostBits = Bits(network.BaseAddress.AddressFamily) - network.PrefixLength;
        UInt128 first = ToNumber(network.BaseAddress);
        UInt128 size = hostBits >= 128 ? UInt128.MaxValue : (UInt128.One << hostBits) - 1;
        return (first, first + size);
    }

    /// <summary>Whether two networks have an address in common.</summary>
    public static bool Overlap(IPNetwork one, IPNetwork other)
    {
        if (one.BaseAddress.AddressFamily != other.BaseAddress.AddressFamily)
            return false;
        var (oneFirst, oneLast) = Range(one);
        var (otherFirst, otherLast) = Range(other);
        return oneFirst <= otherLast && otherFirst <= oneLast;
    }

    /// <summary>The network of an address, its other bits cleared.</summary>
    public static IPNetwork NetworkOf(IPAddress address, int prefixLength)
    {
        int hostBits = Bits(address.AddressFamily) - prefixLength;
        UInt128 number = hostBits >= 128 ? 0 : ToNumber(address) >> hostBits << hostBits;
        return new IPNetwork(ToAddress(number, address.AddressFamily), prefixLength);
    }

    /// <summary>Length of a family's addresses in bits.</summary>
    public static int Bits(AddressFamily family) => family == AddressFamily.InterNetwork ? 32 : 128;
}
