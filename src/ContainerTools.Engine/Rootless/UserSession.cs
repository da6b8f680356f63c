using ContainerTools.Linux;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Engine.Rootless;

/// <summary>
/// How an ordinary user works with containers. Files of layers and containers belong to many ids, which only a process in a user namespace with these ids can make,
/// read and remove; a process of several threads cannot enter one. So that work is done by the runtime's binary (<see cref="SessionWorker"/>), which is root of a user
/// namespace with the user's own id as 0 and his ranges after it. For such a process everything is as for root, but for what the host's root alone may: mounts with
/// mapped ids, device nodes, limits without delegation.
/// </summary>
public static class UserSession
{
    /// <summary>Whether this process must leave such work to another one.</summary>
    public static bool IsNeeded { get; } = !Environment.IsPrivilegedProcess;

    /// <summary>Whether files carry an ordinary user's ids: this process is in a user namespace of his, or would leave the work to one that is.</summary>
    public static bool IsRootless { get; } = !UserNamespace.IsHostRoot;

    /// <summary>The user ids of the namespace, from 0 up: inside it as they are in this process's, or as they would be.</summary>
    public static IReadOnlyList<IdMap> Users => IsNeeded ? SubordinateIds.Read().Users : FromZero(groups: false);

    /// <summary>The group ids.</summary>
    public static IReadOnlyList<IdMap> Groups => IsNeeded ? SubordinateIds.Read().Groups : FromZero(groups: true);

    /// <summary>Says why files of other owners cannot be made, where that is so.</summary>
    /// <param name="what">What was to be done, as the beginning of a sentence.</param>
    /// <param name="cause">What the kernel said.</param>
    public static ContainerToolsException TooFewIds(string what, LinuxException cause) => new("TooFewIds", ErrorKind.PermissionDenied,
        $"{what}: its files belong to more than the {Count} id{(Count == 1 ? "" : "s")} that this user has, so {(Count > 1 ? "a larger range in /etc/subuid and /etc/subgid is needed" : SubordinateIdsReason())}.", null, cause);

    private static string SubordinateIdsReason() => "ranges of ids in /etc/subuid and /etc/subgid (usermod --add-subuids, --add-subgids) and the package uidmap are needed";

    private static long Count => Math.Min(Users.Sum(map => (long)map.Count), Groups.Sum(map => (long)map.Count));

    // Only what is mapped without a gap is of use.
    private static List<IdMap> FromZero(bool groups)
    {
        List<IdMap> maps = [];
        long next = 0;
        foreach (var map in IdMap.Read(Environment.ProcessId, groups).OrderBy(m => m.Inside).ToList())
        {
            if (map.Inside != next)
                break;
            maps.Add(map);
            next += map.Count;
        }
        return maps;
    }
}
