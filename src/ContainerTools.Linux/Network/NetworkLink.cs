namespace ContainerTools.Linux.Network;

/// <summary>A network interface, as the kernel describes it.</summary>
/// <param name="Index">Its number in its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What made it (<c>bridge</c>, <c>veth</c>); empty for hardware and loopback.</param>
/// <param name="MasterIndex">The bridge that it is a port of; 0 for none.</param>
/// <param name="IsUp">Whether it is switched on.</param>
/// <param name="Mtu">Largest packet in bytes.</param>
/// <param name="Address">Its hardware address, as <c>02:42:ac:11:00:02</c>; empty if it has none.</param>
public sealed record NetworkLink(int Index, string Name, string Kind, int MasterIndex, bool IsUp, int Mtu, string Address);
