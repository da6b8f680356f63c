using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Network;

/// <summary>struct msghdr of recvmsg(2) and sendmsg(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    /// <summary>The other side's address.</summary>
    public byte* Name;

    /// <summary>How long it is, or may be.</summary>
    public uint NameLength;

    /// <summary>The data.</summary>
    public MessagePart* Parts;

    /// <summary>How many parts that has.</summary>
    public nuint PartCount;

    /// <summary>What is said beside the data (cmsg(3)).</summary>
    public byte* Control;

    /// <summary>How long that is, or may be.</summary>
    public nuint ControlLength;

    /// <summary>Flags of what was received.</summary>
    public int Flags;
}
