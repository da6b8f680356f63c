using System.Text;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Linux.Cgroups;

/// <summary>A control group's small files, read and written in one call each: a cgroup file takes its value from a single write(2).</summary>
internal static unsafe class CgroupFile
{
    private const int ReadOnly = 0x80000, WriteOnly = 0x80001; // with O_CLOEXEC

    public static void Write(string path, string value)
    {
        if (TryWrite(path, value) is var errno and not 0)
            throw new LinuxException(errno, $"write '{value}' to", path);
    }

    /// <returns>0, or the error number.</returns>
    public static int TryWrite(string path, string value)
    {
        var fd = NativeMethods.Open(path, WriteOnly, 0);
        if (fd < 0)
            return System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
        var bytes = Encoding.ASCII.GetBytes(value);
        fixed (byte* data = bytes)
        {
            var result = NativeMethods.Write(fd, data, bytes.Length);
            var errno = result < 0 ? System.Runtime.InteropServices.Marshal.GetLastPInvokeError() : 0;
            _ = NativeMethods.Close(fd);
            return errno;
        }
    }

    /// <returns>The content, or null where the file does not exist or its group is gone.</returns>
    public static string? TryRead(string path)
    {
        var fd = NativeMethods.Open(path, ReadOnly, 0);
        if (fd < 0)
            return null;
        var text = new StringBuilder();
        var buffer = stackalloc byte[4096];
        nint length;
        while ((length = NativeMethods.Read(fd, buffer, 4096)) > 0)
            text.Append(Encoding.ASCII.GetString(buffer, (int)length));
        _ = NativeMethods.Close(fd);
        return length < 0 ? null : text.ToString();
    }

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
}
