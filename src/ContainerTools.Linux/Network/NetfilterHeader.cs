using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Network;

/// <summary>struct nfgenmsg, the fixed part of nfnetlink's messages (linux/netfilter/nfnetlink.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetfilterHeader(byte family, ushort resource = 0)
{
    /// <summary>NETLINK_NETFILTER.</summary>
    public const int Protocol = 12;

    /// <summary>NFPROTO_INET.</summary>
    public const byte Inet = 1;

    /// <summary>NFNL_SUBSYS_NFTABLES.</summary>
    public const ushort Tables = 10;

    public byte Family = family;
    public byte Version;
    public ushort Resource = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(resource) : resource;
}
