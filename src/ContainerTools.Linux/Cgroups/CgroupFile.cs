using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Cgroups;

/// <summary>A control group's small files, read and written in one call each: a cgroup file takes its value from a single write(2).</summary>
internal static class CgroupFile
{
    public static void Write(string path, string value)
    {
        if (TryWrite(path, value) is var errno and not 0)
            throw new LinuxException(errno, $"write '{value}' to", path);
    }

    /// <returns>0, or the error number.</returns>
    public static int TryWrite(string path, string value)
    {
        var fd = SmallFile.Open(path, OpenFlags.WriteOnly);
        if (fd < 0)
            return -fd;
        Span<byte> content = value.Length <= 128 ? stackalloc byte[value.Length] : new byte[value.Length];
        _ = Encoding.ASCII.GetBytes(value, content);
        var result = FileCalls.Write(fd, content);
        _ = FileCalls.Close(fd);
        return -result;
    }

    /// <returns>The content, or null where the file does not exist or its group is gone.</returns>
    public static string? TryRead(string path) => KernelFile.TryRead(path);

    public static string[] ReadWords(string path) =>
        (TryRead(path) ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The number after a key in a file of <c>key value</c> lines, or null.</summary>
    public static long? ReadKey(string path, string key)
    {
        foreach (var line in (TryRead(path) ?? "").Split('\n'))
        {
            if (line.StartsWith(key, StringComparison.Ordinal) && line.Length > key.Length && line[key.Length] == ' '
                && long.TryParse(line.AsSpan(key.Length + 1), out var value))
                return value;
        }
        return null;
    }

    /// <summary>The number that is the file's whole content; null where it is a word (<c>max</c>) or there is no such file.</summary>
    public static long? ReadNumber(string path) =>
        long.TryParse(TryRead(path)?.Trim(), out var value) ? value : null;

    /// <summary>All numbers of a file of <c>key value</c> lines; empty where there is no such file.</summary>
    public static Dictionary<string, long> ReadKeys(string path)
    {
        var values = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var line in (TryRead(path) ?? "").Split('\n'))
        {
            if (line.Split(' ') is [var key, var text] && long.TryParse(text, out var value))
                values[key] = value;
        }
        return values;
    }

    /// <summary>A key's number, or null.</summary>
    public static long? Find(this Dictionary<string, long> values, string key) => values.TryGetValue(key, out var value) ? value : null;
}
