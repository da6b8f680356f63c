using System.Text.Json.Serialization;

namespace ContainerTools.Engine.Containers;

/// <summary>The user and group ids of the host that are a container's ids: consecutive ones from 0 up, or maps of several extents.</summary>
public sealed class IdRange
{
    /// <summary>How many ids a container has, unless it is given maps.</summary>
    public const uint ContainerSize = 65536;

    /// <summary>The host's id that is 0 inside, where there are no maps.</summary>
    public uint HostStart { get; set; }

    /// <summary>Number of ids from <see cref="HostStart"/> on that belong to the container; 0 if it has only those of the maps.</summary>
    public uint Size { get; set; } = ContainerSize;

    /// <summary>The map of user ids, in the order of the ids inside; null for the plain range.</summary>
    public List<IdExtent>? UserMap { get; set; }

    /// <summary>The map of group ids; null for the plain range.</summary>
    public List<IdExtent>? GroupMap { get; set; }

    /// <summary>
    /// Whether files carry the ids as the container's user namespace has them outside: so where an ordinary user's containers share his ids, and where mounts cannot map them.
    /// </summary>
    public bool Shared { get; set; }

    /// <summary>The map of user ids in any case.</summary>
    [JsonIgnore]
    public IReadOnlyList<IdExtent> Users => UserMap ?? Plain;

    /// <summary>The map of group ids in any case.</summary>
    [JsonIgnore]
    public IReadOnlyList<IdExtent> Groups => GroupMap ?? Plain;

    private List<IdExtent> Plain => [new() { Inside = 0, Outside = HostStart, Count = Size }];

    /// <summary><c>524288+65536</c>, or the maps as <c>-UserNamespace</c> takes them.</summary>
    public override string ToString()
    {
        if (UserMap is null && GroupMap is null)
            return $"{HostStart}+{Size}";
        string users = string.Join(',', Users), groups = string.Join(',', Groups);
        return users == groups ? users : $"{users};{groups}";
    }
}
