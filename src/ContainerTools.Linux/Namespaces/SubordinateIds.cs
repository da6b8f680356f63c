using System.Globalization;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Linux.Namespaces;

/// <summary>
/// The ids that the calling user may map into a user namespace: his own as 0, and after it those that /etc/subuid and /etc/subgid grant him, which newuidmap(1) and
/// newgidmap(1) write. Without such ranges, or without the programs, there is one id.
/// </summary>
public sealed class SubordinateIds
{
    private SubordinateIds(IReadOnlyList<IdMap> users, IReadOnlyList<IdMap> groups, string? reason)
    {
        Users = users;
        Groups = groups;
        Reason = reason;
    }

    /// <summary>The map of user ids; what is inside has no gaps.</summary>
    public IReadOnlyList<IdMap> Users { get; }

    /// <summary>The map of group ids.</summary>
    public IReadOnlyList<IdMap> Groups { get; }

    /// <summary>Why there is only one id, as the end of a sentence and what to do; null where there are ranges.</summary>
    public string? Reason { get; }

    /// <summary>Those of the calling user, as they are now.</summary>
    /// <param name="userFile">The file with ranges of user ids (subuid(5)).</param>
    /// <param name="groupFile">The file with ranges of group ids (subgid(5)).</param>
    /// <param name="accounts">The file with the users' names (passwd(5)).</param>
    public static SubordinateIds Read(string userFile = "/etc/subuid", string groupFile = "/etc/subgid", string accounts = "/etc/passwd")
    {
        uint user = FileCalls.EffectiveUserId, group = FileCalls.EffectiveGroupId;
        string[] owners = [.. Names(accounts, user), user.ToString(CultureInfo.InvariantCulture)];
        var users = Ranges(userFile, owners);
        var groups = Ranges(groupFile, owners);
        string? reason = users.Count == 0 || groups.Count == 0
            ? $"the user '{owners[0]}' has no range of ids in {(users.Count == 0 ? userFile : groupFile)}. Have the administrator add one: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {owners[0]}"
            : InstalledProgram.Find("newuidmap") is null || InstalledProgram.Find("newgidmap") is null
                ? "the programs newuidmap and newgidmap are not installed. Have the administrator install the package uidmap"
                : null;
        return reason is null
            ? new SubordinateIds(Maps(user, users), Maps(group, groups), null)
            : new SubordinateIds([new IdMap(0, user, 1)], [new IdMap(0, group, 1)], reason);
    }

    private static List<IdMap> Maps(uint own, List<(uint Start, uint Count)> ranges)
    {
        // user_namespaces(7): a map has at most 340 lines.
        const int MostExtents = 340;
        List<IdMap> maps = [new(0, own, 1)];
        uint inside = 1;
        foreach (var (start, count) in ranges.Take(MostExtents - 1))
        {
            maps.Add(new IdMap(inside, start, count));
            inside += count;
        }
        return maps;
    }

    private static IEnumerable<string> Names(string accounts, uint user)
    {
        // name:password:UID:..., passwd(5). Who comes from elsewhere (LDAP) is known by what his session says.
        string number = user.ToString(CultureInfo.InvariantCulture);
        foreach (string line in Lines(accounts))
        {
            if (line.Split(':') is [var name, _, var id, ..] && id == number)
                return [name];
        }
        return Environment.GetEnvironmentVariable("USER") is { Length: > 0 } own ? [own] : [];
    }

    private static List<(uint Start, uint Count)> Ranges(string file, string[] owners)
    {
        List<(uint, uint)> ranges = [];
        foreach (string line in Lines(file))
        {
            if (line.Split(':') is [var owner, var first, var number] && owners.Contains(owner)
                && uint.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out uint start)
                && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out uint count)
                && count > 0 && (ulong)start + count < uint.MaxValue)
                ranges.Add((start, count));
        }
        return ranges;
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
