using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Network;

/// <summary>What the kernel's packet filter (nf_tables) has, asked over nfnetlink without a program.</summary>
public static class PacketFilter
{
    private const int NetfilterProtocol = 12;
    private const ushort GetTable = (10 << 8) | 1; // NFNL_SUBSYS_NFTABLES, NFT_MSG_GETTABLE
    private const ushort TableName = 1;

    /// <summary>Whether a table of the family <c>inet</c> is there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="networkNamespace">The network namespace; null for the calling thread's.</param>
    /// <returns>False also where this kernel has no nf_tables, or the caller may not ask.</returns>
    public static bool HasTable(string name, SafeFileHandle? networkNamespace = null)
    {
        const uint Inet = 1; // struct nfgenmsg: NFPROTO_INET, version 0, resource 0
        try
        {
            using var socket = NetlinkSocket.Open(NetfilterProtocol, networkNamespace);
            var messages = new NetlinkWriter();
            messages.BeginMessage(GetTable, NetlinkSocket.Request | NetlinkSocket.Acknowledge);
            messages.Add(BitConverter.IsLittleEndian ? Inet : Inet << 24);
            messages.Attribute(TableName, name);
            socket.Execute(messages, _ => $"find the table {name}");
            return true;
        }
        catch (LinuxException)
        {
            return false;
        }
    }
}
