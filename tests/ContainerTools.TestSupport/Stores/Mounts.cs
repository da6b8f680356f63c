using System.Text;

namespace ContainerTools.TestSupport;

/// <summary>This process's mount table, as /proc/self/mountinfo has it (proc_pid_mountinfo(5)).</summary>
public static class Mounts
{
    public static IReadOnlyList<string> All() => [.. File.ReadLines("/proc/self/mountinfo").Select(line => Unescape(line.Split(' ')[4]))];

    /// <summary>Mount points at or below a directory, in mount order.</summary>
    public static IReadOnlyList<string> Beneath(string directory) =>
        [.. All().Where(point => point == directory || point.StartsWith(directory + "/", StringComparison.Ordinal))];

    public static void UnmountBeneath(string directory)
    {
        foreach (var point in Beneath(directory).Reverse())
        {
            Command.Run("umount", ["-l", "--", point]);
        }
    }

    // Space, tab, newline and backslash come as three octal digits.
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
        {
            return field;
        }
        var text = new StringBuilder();
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length)
            {
                text.Append((char)Convert.ToInt32(field.Substring(i + 1, 3), 8));
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
