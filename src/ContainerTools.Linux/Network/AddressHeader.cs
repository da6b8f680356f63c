using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Network;

/// <summary>struct ifaddrmsg (rtnetlink(7)).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AddressHeader
{
    public byte Family;
    public byte PrefixLength;
    public byte Flags;
    public byte Scope;
    public int Index;
}
