namespace ContainerTools.Linux.Network;

/// <summary>Transport protocols that have ports, by name and by number (protocols(5)).</summary>
public static class TransportProtocol
{
    /// <summary>UDP's number.</summary>
    public const byte Udp = 17;

    /// <summary>SCTP's number.</summary>
    public const byte Sctp = 132;

    private const byte Tcp = 6;

    /// <summary>The number of <c>tcp</c>, <c>udp</c> or <c>sctp</c>.</summary>
    /// <exception cref="ArgumentException">Another name.</exception>
    public static byte Number(string name) => name switch
    {
        "tcp" => Tcp,
        "udp" => Udp,
        "sctp" => Sctp,
        _ => throw new ArgumentException($"'{name}' is no transport protocol.", nameof(name)),
    };
}
