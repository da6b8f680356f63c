using System.Globalization;

namespace ContainerTools.Engine.Users;

/// <summary>
/// Finds the user that an image or a caller names: <c>name</c>, <c>name:group</c>, <c>uid</c>, <c>uid:gid</c>, in the container's own /etc/passwd and
/// /etc/group (passwd(5), group(5)). Numbers need no entry. Supplementary groups are the primary one, and those that list the user, unless a group is given.
/// </summary>
public static class UserResolver
{
    /// <summary>Finds a user.</summary>
    /// <param name="user">The user; empty is user 0.</param>
    /// <param name="additionalGroups">Groups to add, names or numbers.</param>
    /// <param name="readFile">Reads a file below the container's root by its absolute path; null where there is none.</param>
    /// <exception cref="ContainerToolsException">UserNotFound, GroupNotFound: a name that the files do not have.</exception>
    public static ResolvedUser Resolve(string user, IEnumerable<string> additionalGroups, Func<string, string?> readFile)
    {
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        var userPart = colon < 0 ? user : user[..colon];
        var groupPart = colon < 0 ? "" : user[(colon + 1)..];
        if (userPart.Length == 0)
            userPart = "0";

        // fields of passwd: name, password, uid, gid, comment, home, shell; of group: name, password, gid, members
        var entry = FindUser(Entries(readFile("/etc/passwd"), 7), userPart);
        uint userId, groupId = 0;
        if (entry is not null)
        {
            userId = Number(entry[2]) ?? throw Malformed("/etc/passwd", entry);
            groupId = Number(entry[3]) ?? throw Malformed("/etc/passwd", entry);
        }
        else
        {
            userId = Number(userPart) ?? throw new ContainerToolsException("UserNotFound", ErrorKind.NotFound, IsDigits(userPart) ? NoId("user", userPart) :
                $"There is no user '{userPart}' in the container: its /etc/passwd has no such name. Give a name that it has, or a number.", user);
        }

        var groups = new Lazy<List<string[]>>(() => Entries(readFile("/etc/group"), 4));
        var added = new List<uint>();
        if (groupPart.Length > 0)
            groupId = FindGroup(groups.Value, groupPart);
        else if (entry is not null)
        {
            foreach (var group in groups.Value)
            {
                if (Array.IndexOf(group[3].Split(','), entry[0]) >= 0 && Number(group[2]) is { } id)
                    Insert(added, id);
            }
        }
        foreach (var group in additionalGroups)
            Insert(added, FindGroup(groups.Value, group));
        // A program that changes its group would drop out of what this one's members may not do.
        Insert(added, groupId);
        return new ResolvedUser(userId, groupId, added, entry?[0], entry is { } found && found[5].Length > 0 ? found[5] : "/");
    }

    // In order, each once.
    private static void Insert(List<uint> groups, uint group)
    {
        int index = 0;
        while (index < groups.Count && groups[index] < group)
            index++;
        if (index == groups.Count || groups[index] != group)
            groups.Insert(index, group);
    }

    private static string[]? FindUser(List<string[]> entries, string user) =>
        entries.Find(entry => entry[0] == user) ?? (Number(user) is { } id ? entries.Find(entry => Number(entry[2]) == id) : null);

    private static uint FindGroup(List<string[]> groups, string group) =>
        Number(groups.Find(entry => entry[0] == group)?[2] ?? group) ?? throw new ContainerToolsException("GroupNotFound", ErrorKind.NotFound, IsDigits(group) ? NoId("group", group) :
            $"There is no group '{group}' in the container: its /etc/group has no such name. Give a name that it has, or a number.", group);

    // Plain loops: this is on the way of every start, where the first use of a generic method costs more than the work.
    private static List<string[]> Entries(string? text, int fields)
    {
        List<string[]> entries = [];
        foreach (var line in (text ?? "").Split('\n'))
        {
            if (line.Length > 0 && line[0] != '#' && line.TrimEnd('\r').Split(':') is var entry && entry.Length >= fields)
                entries.Add(entry);
        }
        return entries;
    }

    // 4294967295 is -1 to the kernel: "unchanged".
    private static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number != uint.MaxValue ? number : null;

    private static bool IsDigits(string text) => text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;

    private static string NoId(string kind, string number) => $"'{number}' is no {kind} id, nor a name in the container: ids go from 0 to {uint.MaxValue - 1}.";

    private static ContainerToolsException Malformed(string file, string[] entry) => new("UserNotFound", ErrorKind.InvalidData,
        $"The entry of '{entry[0]}' in the container's {file} has no valid user and group id: '{string.Join(':', entry)}'.", entry[0]);
}
