using System.Text;

namespace ContainerTools.Linux.Files;

/// <summary>
/// Small files of proc(5), sysfs(5) and control groups, whose size nobody knows before they are read. Without the streams, locks and decoders of <see cref="File"/>, whose code a program of two
/// milliseconds' length would have to bring into memory.
/// </summary>
public static class KernelFile
{
    private const int UsualSize = 4096;

    /// <summary>The whole content, as ASCII text.</summary>
    /// <returns>Null where the file does not exist, or what it is about is gone.</returns>
    public static string? TryRead(string path)
    {
        Span<byte> buffer = stackalloc byte[UsualSize];
        return Read(path, buffer, out var length, out var longer) < 0 ? null : Encoding.ASCII.GetString(longer is null ? buffer[..length] : longer.AsSpan(0, length));
    }

    /// <summary>The whole content.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">What was read until the end, or until an error.</param>
    /// <returns>0, or the negative error number.</returns>
    public static int Read(string path, out ReadOnlySpan<byte> content)
    {
        Span<byte> buffer = stackalloc byte[UsualSize];
        var result = Read(path, buffer, out var length, out var longer);
        content = longer is null ? buffer[..length].ToArray() : longer.AsSpan(0, length);
        return result;
    }

    private static int Read(string path, scoped Span<byte> buffer, out int filled, out byte[]? longer)
    {
        filled = 0;
        longer = null;
        var fd = SmallFile.Open(path, OpenFlags.ReadOnly);
        if (fd < 0)
            return fd;
        int length;
        while ((length = FileCalls.Read(fd, buffer[filled..])) > 0)
        {
            filled += length;
            if (filled < buffer.Length)
                continue;
            longer = new byte[filled * 2];
            buffer.CopyTo(longer);
            buffer = longer;
        }
        _ = FileCalls.Close(fd);
        return length;
    }
}
