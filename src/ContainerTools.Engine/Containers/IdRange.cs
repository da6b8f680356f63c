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

    /// <summary>Whether files carry other ids than those inside, and no mount maps them: so in an ordinary user's container with a map of its own.</summary>
    [JsonIgnore]
    internal bool ChangesOwners => Shared && Users.Concat(Groups).Any(static e => e.Inside != e.Outside);

    /// <summary>The ids that files of the container's root have on disk.</summary>
    [JsonIgnore]
    internal (uint User, uint Group) RootOnDisk => ChangesOwners ? (OutsideOfRoot(Users), OutsideOfRoot(Groups)) : (0, 0);

    private List<IdExtent> Plain => [new() { Inside = 0, Outside = HostStart, Count = Size }];

    /// <summary><c>524288+65536</c>, or the maps as <c>-UserNamespace</c> takes them, with the host's ids.</summary>
    public override string ToString()
    {
        if (UserMap is null && GroupMap is null)
            return $"{HostStart}+{Size}";
        string users = Text(Users, ofGroups: false), groups = Text(Groups, ofGroups: true);
        return users == groups ? users : $"{users};{groups}";
    }

    private static uint OutsideOfRoot(IReadOnlyList<IdExtent> map) => map.FirstOrDefault(static e => e.Inside == 0)?.Outside ?? 0;

    private string Text(IReadOnlyList<IdExtent> map, bool ofGroups) => string.Join(',', Shared ? OwnIdMaps.ToHost(map, ofGroups) : map);
}
