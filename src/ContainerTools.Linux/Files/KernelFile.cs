using System.Text;

namespace ContainerTools.Linux.Files;

/// <summary>
/// Small files of proc(5), sysfs(5) and control groups, whose size nobody knows before they are read. Without the streams, locks and decoders of <see cref="File"/>, whose code a program of two
/// milliseconds' length would have to bring into memory.
/// </summary>
public static class KernelFile
{
    /// <summary>The whole content, as ASCII text.</summary>
    /// <returns>Null where the file does not exist, or what it is about is gone.</returns>
    public static string? TryRead(string path) => Read(path, out var content) < 0 ? null : Encoding.ASCII.GetString(content);

    /// <summary>The whole content.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">What was read until the end, or until an error.</param>
    /// <returns>0, or the negative error number.</returns>
    public static int Read(string path, out ReadOnlySpan<byte> content)
    {
        content = default;
        var fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), OpenFlags.ReadOnly);
        if (fd < 0)
            return fd;
        var buffer = new byte[4096];
        int filled = 0, length;
        while ((length = FileCalls.Read(fd, buffer.AsSpan(filled))) > 0)
        {
            filled += length;
            if (filled == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
        }
        _ = FileCalls.Close(fd);
        content = buffer.AsSpan(0, filled);
        return length;
    }
}
