using System.Globalization;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Engine.Hosting;

/// <summary>Which ids of the host containers can be given: those that /etc/subuid and /etc/subgid grant to <c>containertools</c>, else those from 524288 up.</summary>
internal static class HostIdRanges
{
    private const string Owner = "containertools";
    private const long First = 524288, Size = 65536;

    // The last block would hold -1, which is no id.
    private const long End = (1L << 32) - Size;

    internal static IReadOnlyList<HostIdRange> Read(string users = "/etc/subuid", string groups = "/etc/subgid")
    {
        var ofUsers = Entries(users);
        var ofGroups = Entries(groups);
        var granted = new List<HostIdRange>();
        // One number stands for user and group alike.
        foreach ((long start, long end) in ofUsers)
        {
            foreach ((long otherStart, long otherEnd) in ofGroups)
            {
                long from = Math.Max(start, otherStart), to = Math.Min(end, otherEnd);
                if (to - from >= Size)
                    granted.Add(new HostIdRange(from, to - from, users));
            }
        }
        return ofUsers.Count > 0 && ofGroups.Count > 0 ? granted : [new HostIdRange(First, End - First, "built-in")];
    }

    /// <summary>Those of an ordinary user: his own id, which is 0 inside, and his ranges.</summary>
    internal static IReadOnlyList<HostIdRange> OfUser() => [.. SubordinateIds.Read().Users.Select(map => new HostIdRange(map.Outside, map.Count, map.Inside == 0 ? "own" : "/etc/subuid"))];

    private static List<(long Start, long End)> Entries(string path)
    {
        var entries = new List<(long, long)>();
        if (!File.Exists(path))
            return entries;
        foreach (string line in File.ReadLines(path))
        {
            string[] fields = line.Split(':');
            if (fields is [Owner, var first, var count] && long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out long start)
                && long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                entries.Add((start, start + number));
        }
        return entries;
    }
}
