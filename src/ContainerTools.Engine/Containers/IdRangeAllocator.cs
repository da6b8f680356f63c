using System.Globalization;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// Chooses blocks of 65,536 ids: from the <c>containertools</c> entries of /etc/subuid and /etc/subgid if there are such, otherwise from 524288 up where those
/// files give nothing away. Call it under the lock that new containers take.
/// </summary>
internal sealed class IdRangeAllocator(string subUidPath = "/etc/subuid", string subGidPath = "/etc/subgid")
{
    private const string Owner = "containertools";
    private const long First = 524288;
    private const long Size = IdRange.ContainerSize;
    // -1 as uid_t is no id, and the last block would hold it.
    private const long End = (1L << 32) - Size;

    /// <summary>The lowest block that nobody has.</summary>
    /// <param name="used">The ranges of all containers.</param>
    public IdRange Allocate(IEnumerable<IdRange> used)
    {
        var taken = used.SelectMany(r => r.UserMap is null ? r.Users : r.Users.Concat(r.Groups)).Select(e => (Start: (long)e.Outside, End: (long)e.Outside + e.Count)).ToList();
        var users = Read(subUidPath);
        var groups = Read(subGidPath);
        var ownUsers = users.Where(e => e.Owner == Owner).ToList();
        var ownGroups = groups.Where(e => e.Owner == Owner).ToList();
        bool given = ownUsers.Count > 0 && ownGroups.Count > 0;
        List<(long Start, long End)> from = given
            // One number stands for user and group alike, so a block must be in both files.
            ? [.. from u in ownUsers from g in ownGroups
               let start = Math.Max(u.Start, g.Start) let end = Math.Min(u.End, g.End)
               where end - start >= Size select (start, end)]
            : [(First, End)];
        if (!given)
            taken.AddRange(users.Concat(groups).Select(e => (e.Start, e.End)));
        taken.Sort();
        foreach (var (start, end) in from.Order())
        {
            long candidate = start;
            foreach (var (takenStart, takenEnd) in taken)
            {
                if (takenStart < candidate + Size && takenEnd > candidate)
                    candidate = given ? takenEnd : (takenEnd + Size - 1) / Size * Size;
            }
            if (candidate + Size <= end)
                return new IdRange { HostStart = (uint)candidate };
        }
        throw new ContainerToolsException("NoIdRange", ErrorKind.Unavailable, given
            ? $"No block of {Size} ids is left in the '{Owner}' entries of {subUidPath} and {subGidPath}. Remove containers, or add an entry such as '{Owner}:1000000:6553600' to both files."
            : $"No block of {Size} ids is left on this host. Remove containers, or make a container with -UserNamespace host.");
    }

    private static List<(string Owner, long Start, long End)> Read(string path)
    {
        List<(string, long, long)> entries = [];
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return entries;
        }
        foreach (string line in lines)
        {
            string[] fields = line.Split(':');
            if (fields.Length == 3
                && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out long start)
                && long.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out long count))
                entries.Add((fields[0], start, start + count));
        }
        return entries;
    }
}
