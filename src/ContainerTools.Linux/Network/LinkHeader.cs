using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Network;

/// <summary>struct ifinfomsg (rtnetlink(7)).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinkHeader
{
    public byte Family;
    public byte Padding;
    public ushort Type;
    public int Index;
    public uint Flags;
    public uint Change;
}
