using System.Globalization;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// Maps of an ordinary user's containers. The kernel takes only ids that are his (user_namespaces(7)): his own and those of his ranges. A map is written with the ids of his namespace
/// (<see cref="UserSession"/>), in which his own is 0 and his ranges follow; who reads or writes one has the host's ids in mind, as root has.
/// </summary>
internal static class OwnIdMaps
{
    /// <summary>All of his ids, 0 inside being he himself: the ids of his namespace.</summary>
    /// <param name="groups">Whether group ids are meant.</param>
    // One extent for each outside: the kernel takes none that spans two.
    public static List<IdExtent> All(bool groups) => [.. Own(groups).Select(map => new IdExtent { Inside = map.Inside, Outside = map.Inside, Count = map.Count })];

    /// <summary>All of his ids, his own as a given one inside and the others around it.</summary>
    /// <param name="kept">His id inside, from 1 up.</param>
    /// <param name="groups">Whether group ids are meant.</param>
    /// <returns>The map in the order of the ids inside; null when he has no other ids, and none could be 0 inside.</returns>
    public static List<IdExtent>? Around(uint kept, bool groups)
    {
        List<IdExtent> extents = [new() { Inside = kept, Outside = 0, Count = 1 }];
        uint inside = 0;
        foreach (var map in Own(groups))
        {
            uint first = Math.Max(map.Inside, 1), left = map.Count - (first - map.Inside);
            while (left > 0)
            {
                inside += inside == kept ? 1u : 0u;
                uint count = inside < kept ? Math.Min(left, kept - inside) : left;
                extents.Add(new IdExtent { Inside = inside, Outside = first, Count = count });
                (inside, first, left) = (inside + count, first + count, left - count);
            }
        }
        extents.Sort((a, b) => a.Inside.CompareTo(b.Inside));
        return extents[0].Inside == 0 ? extents : null;
    }

    /// <summary>A map of the host's ids as one of the ids of his namespace.</summary>
    /// <param name="extents">The map.</param>
    /// <param name="groups">Whether group ids are meant.</param>
    /// <param name="text">What the caller wrote.</param>
    /// <exception cref="ContainerToolsException">IdsNotOwned.</exception>
    public static List<IdExtent> FromHost(IReadOnlyList<IdExtent> extents, bool groups, string text)
    {
        var own = Own(groups);
        return Translate(extents, own.Select(m => (From: m.Outside, To: m.Inside, m.Count)), id => throw NotOwned(id, own, groups, text));
    }

    /// <summary>The map that <see cref="FromHost"/> was given.</summary>
    /// <param name="extents">A map of the ids of his namespace.</param>
    /// <param name="groups">Whether group ids are meant.</param>
    public static List<IdExtent> ToHost(IReadOnlyList<IdExtent> extents, bool groups) =>
        Translate(extents, Own(groups).Select(m => (From: m.Inside, To: m.Outside, m.Count)), id => id); // He has lost the range since.

    private static List<IdExtent> Translate(IReadOnlyList<IdExtent> extents, IEnumerable<(uint From, uint To, uint Count)> table, Func<uint, uint> unknown)
    {
        var rows = table.ToList();
        List<IdExtent> translated = [];
        foreach (var extent in extents)
        {
            for (uint done = 0; done < extent.Count;)
            {
                uint id = extent.Outside + done;
                var (from, to, count) = rows.Find(r => id >= r.From && id - r.From < r.Count);
                if (count == 0)
                    (from, to, count) = (id, unknown(id), 1);
                uint part = Math.Min(extent.Count - done, count - (id - from));
                translated.Add(new IdExtent { Inside = extent.Inside + done, Outside = to + (id - from), Count = part });
                done += part;
            }
        }
        return translated;
    }

    // For the root of a user namespace the host's ids are those that he sees.
    private static List<IdMap> Own(bool groups)
    {
        var maps = groups ? UserSession.Groups : UserSession.Users;
        return [.. UserSession.IsNeeded ? maps : maps.Select(m => m with { Outside = m.Inside })];
    }

    private static ContainerToolsException NotOwned(uint id, List<IdMap> own, bool groups, string text)
    {
        string kind = groups ? "group" : "user", file = groups ? "/etc/subgid" : "/etc/subuid", option = groups ? "--add-subgids" : "--add-subuids";
        string ids = string.Join(", ", own.Select(m => m.Count == 1 ? $"{m.Outside}" : string.Create(CultureInfo.InvariantCulture, $"{m.Outside} to {m.Outside + m.Count - 1}")));
        return new ContainerToolsException("IdsNotOwned", ErrorKind.PermissionDenied,
            $"The user namespace '{text}' names the host's {kind} id {id}, which this user does not have. His {kind} ids are {ids} ({file}): use these, or have the administrator grant others with usermod {option}.", text);
    }
}
