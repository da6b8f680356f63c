using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Network;

/// <summary>The kernel's packet filter (nf_tables), over nfnetlink without a program.</summary>
public static class PacketFilter
{
    private const ushort GetTable = (NetfilterHeader.Tables << 8) | 1; // NFT_MSG_GETTABLE
    private const ushort TableName = 1;

    /// <summary>Whether a table of the family <c>inet</c> is there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="networkNamespace">The network namespace; null for the calling thread's.</param>
    /// <returns>False also where this kernel has no nf_tables, or the caller may not ask.</returns>
    public static bool HasTable(string name, SafeFileHandle? networkNamespace = null)
    {
        try
        {
            using var socket = NetlinkSocket.Open(NetfilterHeader.Protocol, networkNamespace);
            var messages = new NetlinkWriter();
            messages.BeginMessage(GetTable, NetlinkSocket.Request | NetlinkSocket.Acknowledge);
            messages.Add(new NetfilterHeader(NetfilterHeader.Inet));
            messages.Attribute(TableName, name);
            socket.Execute(messages, _ => $"find the table {name}");
            return true;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    /// <summary>Makes changes: all of them, or none.</summary>
    /// <param name="batch">The changes.</param>
    /// <param name="networkNamespace">The network namespace; null for the calling thread's.</param>
    /// <exception cref="LinuxException">What the kernel refused: ENOENT where the table, the map or what is to be taken out is not there, EEXIST where a key has another value.</exception>
    public static void Execute(PacketFilterBatch batch, SafeFileHandle? networkNamespace = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.IsEmpty)
            return;
        using var socket = NetlinkSocket.Open(NetfilterHeader.Protocol, networkNamespace);
        socket.Execute(batch.Finish(), batch.Describe);
    }
}
