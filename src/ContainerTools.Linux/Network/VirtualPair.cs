using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Network;

/// <summary>A pair of virtual Ethernet interfaces to be made (veth(4)): one end a bridge's port here, the other in another network namespace.</summary>
public sealed class VirtualPair
{
    /// <summary>Name of the end here, at most 15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>Index of the bridge; 0 for none.</summary>
    public int BridgeIndex { get; init; }

    /// <summary>Name of the other end.</summary>
    public required string PeerName { get; init; }

    /// <summary>Namespace of the other end.</summary>
    public required SafeFileHandle PeerNamespace { get; init; }

    /// <summary>Hardware address of the other end, six bytes; empty for a random one.</summary>
    public ReadOnlyMemory<byte> PeerAddress { get; init; }

    /// <summary>Largest packet in bytes; 0 for the default.</summary>
    public int Mtu { get; init; }
}
