using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Files;
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

    /// <summary>Files of a container's layers as they lie on the disk: plain ids, of which the container has so many; or its ids outside, where no mount maps them.</summary>
    public static IdMapping OnDisk(IdRange? range)
    {
        return range is null ? new(s_all, s_all) : new(Maps(range.Users, range.Shared), Maps(range.Groups, range.Shared));

        static IdMap[] Maps(IReadOnlyList<IdExtent> extents, bool shared) => [.. extents.Select(e => new IdMap(e.Inside, shared ? e.Outside : e.Inside, e.Count))];
    }

    /// <summary>The same where the ids on the disk are not those inside; else null.</summary>
    public static IdMapping? OfChangedOwners(IdRange? range) => range is { ChangesOwners: true } ? OnDisk(range) : null;

    /// <summary>The host's ids of user 0 and group 0 inside.</summary>
    public (uint User, uint Group) Root => (UserOutside(0), GroupOutside(0));

    /// <summary>The owner of a copy in another tree.</summary>
    /// <param name="to">The tree.</param>
    /// <param name="outside">The owner of the file here.</param>
    public uint UserIn(IdMapping to, uint outside) => IsOwnerHimself(outside) && to.HasOwnUser ? 0 : to.UserOutside(UserInside(outside));

    /// <summary>The group of a copy in another tree.</summary>
    /// <param name="to">The tree.</param>
    /// <param name="outside">The group of the file here.</param>
    public uint GroupIn(IdMapping to, uint outside) => IsOwnerHimself(outside) && to.HasOwnGroup ? 0 : to.GroupOutside(GroupInside(outside));

    /// <summary>A file as the container has it.</summary>
    public FileStatus Inside(FileStatus status) => status with { UserId = UserInside(status.UserId), GroupId = GroupInside(status.GroupId) };

    /// <summary>An extended attribute as the container has it: file capabilities name the root that they hold for.</summary>
    public TarExtendedAttribute Inside(TarExtendedAttribute attribute) =>
        attribute.Name.AsSpan().SequenceEqual(CapabilityAttribute.Name) && CapabilityAttribute.RootOf(attribute.Value) is { } root and > 0
            ? attribute with { Value = CapabilityAttribute.WithRoot(attribute.Value, UserInside(root)) }
            : attribute;

    // In a container that has the user's own id what he copies stays his, whoever he is inside.
    private bool IsOwnerHimself(uint outside) => _isOwn && outside == 0;

    private bool HasOwnUser => IdMap.ToInside(users, 0) is not null;

    private bool HasOwnGroup => IdMap.ToInside(groups, 0) is not null;

    public uint UserInside(uint outside) => IdMap.ToInside(users, outside) ?? (_isOwn ? 0 : Overflow);

    public uint GroupInside(uint outside) => IdMap.ToInside(groups, outside) ?? (_isOwn ? 0 : Overflow);

    public uint UserOutside(uint inside) => IdMap.ToOutside(users, inside) ?? IdMap.ToOutside(users, Overflow) ?? 0;

    public uint GroupOutside(uint inside) => IdMap.ToOutside(groups, inside) ?? IdMap.ToOutside(groups, Overflow) ?? 0;
}
