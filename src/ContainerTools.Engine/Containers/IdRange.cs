namespace ContainerTools.Engine.Containers;

/// <summary>Consecutive user and group ids of the host that are a container's ids 0 and up.</summary>
public sealed class IdRange
{
    /// <summary>How many ids a container has.</summary>
    public const uint ContainerSize = 65536;

    /// <summary>The host's id that is 0 inside.</summary>
    public uint HostStart { get; set; }

    /// <summary>Number of ids.</summary>
    public uint Size { get; set; } = ContainerSize;
}
