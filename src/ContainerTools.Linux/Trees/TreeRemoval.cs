using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Trees;

/// <summary>Removes whole directory trees without following a symbolic link and without leaving the file system they are on. Several may remove the same.</summary>
public static class TreeRemoval
{
    // Deeper trees are first moved up beside the top, so that no tree, however deep, exhausts descriptors or the stack.
    private const int MaximumDepth = 64;

    /// <summary>Removes a file or a tree by path; nothing there is fine.</summary>
    /// <exception cref="LinuxException">Something could not be removed.</exception>
    public static void Remove(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        using var parent = FileCalls.OpenIfExists(Path.GetDirectoryName(full) ?? "/", OpenFlags.ReadOnly | OpenFlags.Directory);
        if (parent is not null)
        {
            Remove((int)parent.DangerousGetHandle(), PathBytes.Terminated(Path.GetFileName(full)));
        }
    }

    /// <summary>Removes a file or a tree in an open directory; nothing there is fine.</summary>
    /// <param name="directory">The open directory.</param>
    /// <param name="name">One name, ending in NUL.</param>
    /// <exception cref="LinuxException">Something could not be removed.</exception>
    public static void Remove(int directory, ReadOnlySpan<byte> name)
    {
        int result = FileCalls.UnlinkAt(directory, name);
        if (result is -Errno.EISDIR)
        {
            RemoveDirectory(directory, name);
        }
        else if (result is < 0 and not -Errno.ENOENT)
        {
            throw new LinuxException(-result, "unlinkat", PathBytes.Display(name));
        }
    }

    /// <summary>Removes what is in an open directory, and keeps the directory.</summary>
    /// <exception cref="LinuxException">Something could not be removed.</exception>
    public static void Clear(int directory)
    {
        FileCalls.Status(directory, out var status);
        int readable = LinuxException.ThrowIfFailed(FileCalls.OpenAt(directory, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory), "openat");
        var context = new Context(readable, status.Device);
        try
        {
            Empty(context, readable, 0);
            Finish(context);
        }
        finally
        {
            FileCalls.Close(readable);
        }
    }

    private static void RemoveDirectory(int directory, ReadOnlySpan<byte> name)
    {
        if (!TryOpen(directory, name, out int fd))
        {
            return;
        }

        try
        {
            LinuxException.ThrowIfFailed(FileCalls.Status(fd, out var status), "statx", PathBytes.Display(name));
            var context = new Context(fd, status.Device);
            Empty(context, fd, 0);
            Finish(context);
        }
        finally
        {
            FileCalls.Close(fd);
        }

        RemoveEmpty(directory, name);
    }

    private static void Empty(Context context, int fd, int depth)
    {
        using var entries = new DirectoryEntries(fd);
        while (entries.MoveNext())
        {
            int result = entries.Type == FileType.Directory ? -Errno.EISDIR : FileCalls.UnlinkAt(fd, entries.Name);
            if (result is not -Errno.EISDIR)
            {
                if (result is < 0 and not -Errno.ENOENT)
                {
                    throw new LinuxException(-result, "unlinkat", PathBytes.Display(entries.Name));
                }

                continue;
            }

            if (FileCalls.RemoveDirectoryAt(fd, entries.Name) >= 0)
            {
                continue; // It was empty.
            }

            if (depth >= MaximumDepth)
            {
                byte[] moved = Encoding.ASCII.GetBytes($".removing-{Guid.NewGuid():N}\0");
                int renamed = FileCalls.RenameAt(fd, entries.Name, context.Top, moved);
                if (renamed != -Errno.ENOENT)
                {
                    LinuxException.ThrowIfFailed(renamed, "renameat", PathBytes.Display(entries.Name));
                    context.Moved.Push(moved);
                }

                continue;
            }

            if (TryOpen(fd, entries.Name, out int child))
            {
                try
                {
                    LinuxException.ThrowIfFailed(FileCalls.Status(child, out var status), "statx", PathBytes.Display(entries.Name));
                    if (status.Device != context.Device)
                    {
                        throw new LinuxException(Errno.EBUSY, "rmdir (a file system is mounted on it)", PathBytes.Display(entries.Name));
                    }

                    Empty(context, child, depth + 1);
                }
                finally
                {
                    FileCalls.Close(child);
                }

                RemoveEmpty(fd, entries.Name);
            }
        }
    }

    private static void Finish(Context context)
    {
        while (context.Moved.TryPop(out byte[]? moved))
        {
            if (TryOpen(context.Top, moved, out int fd))
            {
                try
                {
                    Empty(context, fd, 1);
                }
                finally
                {
                    FileCalls.Close(fd);
                }

                RemoveEmpty(context.Top, moved);
            }
        }
    }

    private static bool TryOpen(int directory, ReadOnlySpan<byte> name, out int fd)
    {
        fd = Open(directory, name);
        if (fd == -Errno.EACCES)
        {
            // An ordinary user's own directory without the bits to read it.
            FileCalls.ChangeModeAt(directory, name, 0x1C0 /* 0700 */);
            fd = Open(directory, name);
        }

        return fd is not -Errno.ENOENT && LinuxException.ThrowIfFailed(fd, "openat", PathBytes.Display(name)) >= 0;
    }

    // A mount of a directory of the same file system has the same device, and may be somebody's volume: better an error (EXDEV) than its files.
    private static int Open(int directory, ReadOnlySpan<byte> name) =>
        FileCalls.OpenAt2(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, ResolveFlags.NoCrossDevice);

    private static void RemoveEmpty(int directory, ReadOnlySpan<byte> name)
    {
        int result = FileCalls.RemoveDirectoryAt(directory, name);
        if (result is < 0 and not -Errno.ENOENT)
        {
            throw new LinuxException(-result, "rmdir", PathBytes.Display(name));
        }
    }

    private sealed record Context(int Top, ulong Device)
    {
        public Stack<byte[]> Moved { get; } = new();
    }
}
