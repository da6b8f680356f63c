using System.Buffers.Binary;

namespace ContainerTools.Linux.Files;

/// <content>Directories.</content>
public static unsafe partial class FileCalls
{
    /// <summary>getdents64(2) to the end: the names in a directory, as bytes that end in NUL, without <c>.</c> and <c>..</c>.</summary>
    /// <param name="fd">A directory opened for reading.</param>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    public static IReadOnlyList<byte[]> ReadDirectory(int fd)
    {
        const int NameOffset = 19; // struct linux_dirent64: inode 8, offset 8, record length 2, type 1, name
        var names = new List<byte[]>();
        var buffer = new byte[32768];
        while (true)
        {
            int length;
            fixed (byte* b = buffer)
                length = LinuxException.ThrowIfFailed(Result((int)Libc.getdents64(fd, b, buffer.Length)), "getdents64");
            if (length == 0)
                return names;
            for (var at = 0; at < length;)
            {
                var record = BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + 16));
                var name = buffer.AsSpan(at + NameOffset, record - NameOffset);
                name = name[..(name.IndexOf((byte)0) + 1)];
                if (!name.SequenceEqual(".\0"u8) && !name.SequenceEqual("..\0"u8))
                    names.Add(name.ToArray());
                at += record;
            }
        }
    }

    /// <summary>
    /// Removes a name and, if it is a directory, everything below it, on descriptors only: no link is followed, and names need not be UTF-8.
    /// What is not there is no error.
    /// </summary>
    /// <exception cref="LinuxException">Something cannot be removed.</exception>
    public static void RemoveTreeAt(int directory, ReadOnlySpan<byte> path)
    {
        var result = UnlinkAt(directory, path);
        if (result >= 0 || result == -Errno.ENOENT)
            return;
        if (result is not (-Errno.EISDIR or -Errno.EPERM))
            throw new LinuxException(-result, "unlinkat", System.Text.Encoding.UTF8.GetString(path[..^1]));
        var fd = OpenAt(directory, path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        if (fd == -Errno.ENOENT)
            return;
        LinuxException.ThrowIfFailed(fd, "openat", System.Text.Encoding.UTF8.GetString(path[..^1]));
        try
        {
            foreach (var name in ReadDirectory(fd))
                RemoveTreeAt(fd, name);
        }
        finally
        {
            _ = Close(fd);
        }
        result = RemoveDirectoryAt(directory, path);
        if (result < 0 && result != -Errno.ENOENT)
            throw new LinuxException(-result, "rmdir", System.Text.Encoding.UTF8.GetString(path[..^1]));
    }
}
