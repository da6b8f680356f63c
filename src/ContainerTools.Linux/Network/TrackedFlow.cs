using System.Net;

namespace ContainerTools.Linux.Network;

/// <summary>A flow of packets that the kernel tracks, for address translation and for rules that look at a connection's state.</summary>
/// <param name="Protocol">Number of the protocol: 6 for TCP, 17 for UDP, 132 for SCTP.</param>
/// <param name="Destination">Where the first packet was sent to.</param>
/// <param name="DestinationPort">The port that it was sent to; 0 for protocols without ports.</param>
/// <param name="Answerer">Who answers: another one than <paramref name="Destination"/> where that was translated.</param>
public sealed record TrackedFlow(int Protocol, IPAddress? Destination, int DestinationPort, IPAddress? Answerer);
