namespace ContainerTools.Engine.Networks;

/// <summary>How a container is connected to a network.</summary>
public sealed class ConnectOptions
{
    /// <summary>Addresses asked for, at most one of a family; empty for free ones.</summary>
    public IReadOnlyList<string> IPAddresses { get; set; } = [];

    /// <summary>Hardware address asked for.</summary>
    public string? MacAddress { get; set; }

    /// <summary>Further names of the container on the network.</summary>
    public IReadOnlyList<string> Aliases { get; set; } = [];
}
