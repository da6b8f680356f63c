using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Network;

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessagePart
{
    /// <summary>The bytes.</summary>
    public byte* Data;

    /// <summary>How many.</summary>
    public nuint Length;
}
