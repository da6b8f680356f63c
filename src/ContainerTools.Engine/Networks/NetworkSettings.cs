namespace ContainerTools.Engine.Networks;

/// <summary>What a container's configuration says of one of its networks.</summary>
public sealed class NetworkSettings
{
    /// <summary>The network's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>IPv4 address asked for; null for any free one.</summary>
    public string? IPAddress { get; set; }

    /// <summary>IPv6 address asked for; null for any free one.</summary>
    public string? IPv6Address { get; set; }

    /// <summary>Hardware address asked for, as <c>02:63:0a:c8:00:02</c>; null for one made from the IP address.</summary>
    public string? MacAddress { get; set; }

    /// <summary>Further names of the container on the network.</summary>
    public List<string> Aliases { get; set; } = [];
}
