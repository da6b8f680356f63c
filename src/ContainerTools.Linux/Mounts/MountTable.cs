using System.Globalization;
using System.Text;

namespace ContainerTools.Linux.Mounts;

/// <summary>The mounts that the calling process sees (proc_pid_mountinfo(5)).</summary>
public static class MountTable
{
    /// <summary>Reads the table, in the kernel's order: a later entry at the same point covers an earlier one.</summary>
    /// <param name="file">The file to read.</param>
    public static IReadOnlyList<MountEntry> Read(string file = "/proc/self/mountinfo")
    {
        var entries = new List<MountEntry>();
        foreach (var line in File.ReadLines(file))
        {
            if (Parse(line) is { } entry)
                entries.Add(entry);
        }
        return entries;
    }

    /// <summary>Takes one line apart; null where it is not of the table's form.</summary>
    internal static MountEntry? Parse(string line)
    {
        // id parent major:minor root point options [optional fields] - type source super-options
        var fields = line.Split(' ');
        var separator = Array.IndexOf(fields, "-", 6);
        return separator < 0 || fields.Length < separator + 3
            ? null
            : new MountEntry(int.Parse(fields[0], CultureInfo.InvariantCulture), Unescape(fields[3]), Unescape(fields[4]), fields[5].Split(','),
                fields[separator + 1], Unescape(fields[separator + 2]), fields[^1].Split(','));
    }

    /// <summary>The mount point in a line of the table.</summary>
    internal static string PointOf(ReadOnlySpan<byte> line)
    {
        for (var field = 0; field < 4; field++)
            line = line[(line.IndexOf((byte)' ') + 1)..];
        return Unescape(Encoding.UTF8.GetString(line[..line.IndexOf((byte)' ')]));
    }

    /// <summary>The mount that holds a path, or null where none does.</summary>
    /// <param name="path">An absolute path without symbolic links.</param>
    public static MountEntry? Holding(string path)
    {
        MountEntry? best = null;
        foreach (var entry in Read())
        {
            if (IsBeneath(path, entry.MountPoint) && (best is null || entry.MountPoint.Length >= best.MountPoint.Length))
                best = entry;
        }
        return best;
    }

    /// <summary>Whether a path is a directory or lies in it.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="directory">An absolute path.</param>
    public static bool IsBeneath(string path, string directory) =>
        directory == "/" || (path.StartsWith(directory, StringComparison.Ordinal) && (path.Length == directory.Length || path[directory.Length] == '/'));

    // Space, tab, newline and backslash are written as three octal digits.
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
            return field;
        var text = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length)
            {
                text.Append((char)(((field[i + 1] - '0') << 6) | ((field[i + 2] - '0') << 3) | (field[i + 3] - '0')));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }
        return text.ToString();
    }
}
