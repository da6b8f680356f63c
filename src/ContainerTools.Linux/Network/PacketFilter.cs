using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Network;

/// <summary>The kernel's packet filter (nf_tables), over nfnetlink without a program.</summary>
public static class PacketFilter
{
    // NFT_MSG_GETTABLE, _GETCHAIN and _GETRULE (linux/netfilter/nf_tables.h)
    private const ushort GetTable = (NetfilterHeader.Tables << 8) | 1, GetChain = (NetfilterHeader.Tables << 8) | 4, GetRule = (NetfilterHeader.Tables << 8) | 7;
    private const ushort TableName = 1, RuleTable = 1, ChainTable = 1, ChainName = 3, ChainHook = 4, ChainPolicy = 5, HookNumber = 1;

    // By their numbers (NFPROTO_...).
    private static readonly string[] s_families = ["", "inet", "ip", "arp", "", "netdev", "", "bridge", "", "", "ip6"];

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

    /// <summary>The chains that the kernel hands packets to; those of <c>iptables-nft</c> are among them, those of the older <c>iptables-legacy</c> are not.</summary>
    /// <param name="networkNamespace">The network namespace; null for the calling thread's.</param>
    /// <returns>None also where this kernel has no nf_tables, or the caller may not ask.</returns>
    public static IReadOnlyList<FilterChain> Chains(SafeFileHandle? networkNamespace = null)
    {
        var chains = new List<FilterChain>();
        try
        {
            using var socket = NetlinkSocket.Open(NetfilterHeader.Protocol, networkNamespace);
            var messages = new NetlinkWriter();
            messages.BeginMessage(GetChain, NetlinkSocket.Request | NetlinkSocket.Dump);
            messages.Add(new NetfilterHeader(0));
            socket.Execute(messages, _ => "list chains", (_, content) =>
            {
                if (ReadChain(content) is { } chain)
                    chains.Add(chain);
            });
        }
        catch (LinuxException)
        {
            chains.Clear();
        }
        return chains;
    }

    /// <summary>The rules of a table, chain by chain.</summary>
    /// <param name="family">Its family, as <see cref="FilterChain.Family"/> has it.</param>
    /// <param name="table">Its name.</param>
    /// <param name="networkNamespace">The network namespace; null for the calling thread's.</param>
    /// <returns>None also where there is no such table, or the caller may not ask.</returns>
    public static IReadOnlyList<FilterRule> Rules(string family, string table, SafeFileHandle? networkNamespace = null)
    {
        var rules = new List<FilterRule>();
        try
        {
            using var socket = NetlinkSocket.Open(NetfilterHeader.Protocol, networkNamespace);
            var messages = new NetlinkWriter();
            messages.BeginMessage(GetRule, NetlinkSocket.Request | NetlinkSocket.Dump);
            messages.Add(new NetfilterHeader((byte)Math.Max(0, Array.IndexOf(s_families, family))));
            messages.Attribute(RuleTable, table);
            socket.Execute(messages, _ => $"list the rules of the table {table}", (_, content) => rules.Add(FilterRuleReader.Read(content[sizeof(uint)..])));
        }
        catch (LinuxException)
        {
            rules.Clear();
        }
        return rules;
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

    private static FilterChain? ReadChain(ReadOnlySpan<byte> content)
    {
        string table = "", name = "";
        int hook = -1;
        bool drops = false;
        var attributes = new NetlinkReader(content[sizeof(uint)..]);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case ChainTable: table = attributes.ToText(); break;
                case ChainName: name = attributes.ToText(); break;
                case ChainPolicy: drops = BinaryPrimitives.ReadUInt32BigEndian(attributes.Value) == 0; break; // NF_DROP
                case ChainHook:
                    var parts = new NetlinkReader(attributes.Value);
                    while (parts.Read())
                    {
                        if (parts.Type == HookNumber)
                            hook = BinaryPrimitives.ReadInt32BigEndian(parts.Value);
                    }
                    break;
                default: break;
            }
        }
        string family = content[0] < s_families.Length && s_families[content[0]].Length > 0 ? s_families[content[0]] : $"family {content[0]}";
        return hook < 0 ? null : new FilterChain(family, table, name, hook, drops);
    }
}
