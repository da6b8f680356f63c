using System.Net;

namespace ContainerTools;

/// <summary>A port of the host that leads to one of a container's.</summary>
/// <param name="HostAddress">The host's address; <c>0.0.0.0</c> or <c>::</c> for all of them.</param>
/// <param name="HostPort">The host's port; 0 when one is chosen at the start.</param>
/// <param name="ContainerPort">The container's port.</param>
/// <param name="Protocol"><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</param>
public sealed record PortMapping(IPAddress HostAddress, int HostPort, int ContainerPort, string Protocol)
{
    /// <summary>As <c>0.0.0.0:8080->80/tcp</c>.</summary>
    public override string ToString() => $"{new IPEndPoint(HostAddress, HostPort)}->{ContainerPort}/{Protocol}";
}
