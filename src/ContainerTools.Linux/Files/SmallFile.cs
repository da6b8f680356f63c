using System.Text;

namespace ContainerTools.Linux.Files;

/// <summary>Files that are opened, written and renamed by their paths, with little memory and without the streams of <see cref="File"/>: see <see cref="KernelFile"/>.</summary>
public static class SmallFile
{
    private const int UsualPath = 256;

    /// <summary>Opens a file, as open(2).</summary>
    /// <param name="path">Its path, without NUL.</param>
    /// <param name="flags">As in <see cref="OpenFlags"/>.</param>
    /// <param name="mode">Of a file that is made.</param>
    /// <returns>The descriptor, or the negative error number.</returns>
    public static int Open(string path, int flags, uint mode = 0)
    {
        Span<byte> terminated = stackalloc byte[UsualPath];
        return Encoding.UTF8.TryGetBytes(path, terminated[..^1], out var length) && terminated[..length].IndexOf((byte)0) < 0
            ? FileCalls.OpenAt(FileCalls.WorkingDirectory, terminated[..(length + 1)], flags, mode)
            : FileCalls.OpenAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), flags, mode);
    }

    /// <summary>Writes a whole file, mode 0600 where it does not exist yet, in place of what was in it. It is not synchronized with the disk.</summary>
    /// <exception cref="LinuxException">It cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        const uint OwnerOnly = 0x180;
        var fd = LinuxException.ThrowIfFailed(Open(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, OwnerOnly), "open", path);
        var result = FileCalls.Write(fd, content);
        _ = FileCalls.Close(fd);
        LinuxException.ThrowIfFailed(result, "write", path);
    }

    /// <summary>Gives a file another name, in place of one that has it.</summary>
    /// <exception cref="LinuxException">It cannot be renamed.</exception>
    public static void Rename(string path, string newPath) =>
        LinuxException.ThrowIfFailed(FileCalls.RenameAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), FileCalls.WorkingDirectory, PathBytes.Terminated(newPath)), "rename", newPath);
}
