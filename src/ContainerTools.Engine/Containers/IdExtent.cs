namespace ContainerTools.Engine.Containers;

/// <summary>Consecutive ids of a container and the host's ids that they are.</summary>
public sealed class IdExtent
{
    /// <summary>The first id inside.</summary>
    public uint Inside { get; set; }

    /// <summary>The first id on the host; of an ordinary user's container, the first one of his namespace.</summary>
    public uint Outside { get; set; }

    /// <summary>How many ids.</summary>
    public uint Count { get; set; }

    /// <summary><c>INSIDE:OUTSIDE:COUNT</c>.</summary>
    public override string ToString() => $"{Inside}:{Outside}:{Count}";
}
