namespace ContainerTools.Engine.Specs;

/// <summary>The processes whose namespaces a container joins, by their ids on the host; null for none.</summary>
public sealed record SharedNamespaces
{
    /// <summary>Whose PID namespace.</summary>
    public int? Pid { get; init; }

    /// <summary>Whose IPC namespace, /dev/shm and /dev/mqueue.</summary>
    public int? Ipc { get; init; }

    /// <summary>Whose user namespace.</summary>
    public int? User { get; init; }
}
