using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Engine.Contents;

/// <summary>Between the owners that files have inside a container and those that the host sees on the same files.</summary>
/// <param name="users">Maps of user ids.</param>
/// <param name="groups">Maps of group ids.</param>
internal sealed class IdMapping(IReadOnlyList<IdMap> users, IReadOnlyList<IdMap> groups)
{
    /// <summary>What stands for an id that the other side does not have, as in the kernel.</summary>
    private const uint Overflow = 65534;

    private static readonly IdMap[] s_all = [new(0, 0, uint.MaxValue)], s_own = [new(0, 0, 1)];

    private bool _isOwn;

    /// <summary>The host's own files; an ordinary user's are his alone, whoever they belong to inside.</summary>
    public static IdMapping None { get; } = UserSession.IsRootless ? new(s_own, s_own) { _isOwn = true } : new(s_all, s_all);

    /// <summary>Files as a running process sees them.</summary>
    public static IdMapping Of(int pid) => new(IdMap.Read(pid), IdMap.Read(pid, groups: true));

    /// <summary>Files of a container's layers as they lie on the disk: plain ids, of which the container has so many.</summary>
    public static IdMapping OnDisk(IdRange? range)
    {
        return range is null ? new(s_all, s_all) : new(Plain(range.Users), Plain(range.Groups));

        static IdMap[] Plain(IReadOnlyList<IdExtent> extents) => [.. extents.Select(e => new IdMap(e.Inside, e.Inside, e.Count))];
    }

    /// <summary>The host's ids of user 0 and group 0 inside.</summary>
    public (uint User, uint Group) Root => (UserOutside(0), GroupOutside(0));

    public uint UserInside(uint outside) => IdMap.ToInside(users, outside) ?? (_isOwn ? 0 : Overflow);

    public uint GroupInside(uint outside) => IdMap.ToInside(groups, outside) ?? (_isOwn ? 0 : Overflow);

    public uint UserOutside(uint inside) => IdMap.ToOutside(users, inside) ?? IdMap.ToOutside(users, Overflow) ?? 0;

    public uint GroupOutside(uint inside) => IdMap.ToOutside(groups, inside) ?? IdMap.ToOutside(groups, Overflow) ?? 0;
}
