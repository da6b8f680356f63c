using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Events;

/// <summary>struct pollfd of poll(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PollEntry
{
    /// <summary>The descriptor; negative to pass over the entry.</summary>
    public int Descriptor { get; set; }

    /// <summary>What to watch for.</summary>
    public short Events { get; set; }

    /// <summary>What happened.</summary>
    public short Found { get; set; }
}
