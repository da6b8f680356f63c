namespace ContainerTools.Engine.Networks;

/// <summary>Ports of a container's that are to be reached by ports of the host.</summary>
public sealed class PortPublication
{
    /// <summary><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</summary>
    public string Protocol { get; set; } = "tcp";

    /// <summary>The host's address; null for all.</summary>
    public string? HostAddress { get; set; }

    /// <summary>The first port of the host; 0 for free ones.</summary>
    public int HostPort { get; set; }

    /// <summary>How many ports of the host may be taken for the one of the container; 1 unless it is a choice.</summary>
    public int HostChoices { get; set; } = 1;

    /// <summary>The first port of the container.</summary>
    public int ContainerPort { get; set; }

    /// <summary>How many ports.</summary>
    public int Count { get; set; } = 1;
}
