using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Trees;

/// <summary>Copies single files with all that belongs to them: owner, mode, times, extended attributes, holes.</summary>
public static class FileCopy
{
    private const int MaximumNames = 64 * 1024; // XATTR_LIST_MAX; a value is at most as long.

    /// <summary>Copies anything but a directory to a name that must be free.</summary>
    /// <param name="source">The directory it is in.</param>
    /// <param name="sourceName">Its name, ending in NUL.</param>
    /// <param name="target">The directory to copy it to.</param>
    /// <param name="targetName">The copy's name, ending in NUL.</param>
    /// <param name="skipAttribute">Extended attributes to leave out, by name without NUL; null copies all.</param>
    /// <param name="owners">The copy's owners; null for the same.</param>
    /// <exception cref="LinuxException">A call failed; a directory is EISDIR.</exception>
    public static void Copy(int source, ReadOnlySpan<byte> sourceName, int target, ReadOnlySpan<byte> targetName, Func<byte[], bool>? skipAttribute = null, OwnerChange? owners = null)
    {
        string display = PathBytes.Display(sourceName);
        LinuxException.ThrowIfFailed(FileCalls.StatusAt(source, sourceName, out var status), "statx", display);
        switch (status.Type)
        {
            case FileType.Regular:
                CopyRegular(source, sourceName, target, targetName, skipAttribute, owners);
                return;
            case FileType.Directory:
                throw new LinuxException(Errno.EISDIR, "copy", display);
            case FileType.SymbolicLink:
                byte[] link = new byte[4097];
                int length = LinuxException.ThrowIfFailed(FileCalls.ReadLinkAt(source, sourceName, link.AsSpan(0, 4096)), "readlinkat", display);
                LinuxException.ThrowIfFailed(FileCalls.SymbolicLinkAt(link.AsSpan(0, length + 1), target, targetName), "symlinkat", display);
                break;
            default:
                LinuxException.ThrowIfFailed(
                    FileCalls.MakeNodeAt(target, targetName, status.Type, 0x180 /* 0600 */, status.NodeMajor, status.NodeMinor), "mknodat", display);
                break;
        }

        LinuxException.ThrowIfFailed(FileCalls.ChangeOwnerAt(target, targetName, owners?.User(status.UserId) ?? status.UserId, owners?.Group(status.GroupId) ?? status.GroupId), "fchownat", display);
        byte[] names = new byte[MaximumNames];
        int count = FileCalls.ListExtendedAttributesAt(source, sourceName, names);
        foreach (byte[] name in Split(names.AsSpan(0, Math.Max(count, 0)), skipAttribute))
        {
            byte[] value = new byte[MaximumNames];
            int size = FileCalls.GetExtendedAttributeAt(source, sourceName, name, value);
            LinuxException.ThrowIfFailed(Tolerate(size < 0 ? size : FileCalls.SetExtendedAttributeAt(target, targetName, name, Changed(owners, name, value.AsSpan(0, size)))), "lsetxattr", display);
        }

        if (status.Type != FileType.SymbolicLink)
        {
            LinuxException.ThrowIfFailed(FileCalls.ChangeModeAt(target, targetName, status.Mode), "fchmodat", display);
        }

        LinuxException.ThrowIfFailed(FileCalls.SetTimesAt(target, targetName, status.AccessTime, status.ModifyTime), "utimensat", display);
    }

    /// <summary>Gives an open file or directory the owner, mode and extended attributes of another, and not its times.</summary>
    /// <param name="source">The open one to copy from.</param>
    /// <param name="target">The open one to change.</param>
    /// <param name="skipAttribute">Extended attributes to leave out, by name without NUL; null copies all.</param>
    /// <param name="owners">The copy's owners; null for the same.</param>
    /// <returns>What <paramref name="source"/> is, with its times.</returns>
    /// <exception cref="LinuxException">A call failed.</exception>
    public static FileStatus CopyAttributes(int source, int target, Func<byte[], bool>? skipAttribute = null, OwnerChange? owners = null)
    {
        LinuxException.ThrowIfFailed(FileCalls.Status(source, out var status), "statx");
        LinuxException.ThrowIfFailed(FileCalls.ChangeOwner(target, owners?.User(status.UserId) ?? status.UserId, owners?.Group(status.GroupId) ?? status.GroupId), "fchown");
        int length = FileCalls.ListExtendedAttributes(source, default);
        if (length > 0)
        {
            byte[] names = new byte[MaximumNames];
            length = LinuxException.ThrowIfFailed(FileCalls.ListExtendedAttributes(source, names), "flistxattr");
            byte[] value = new byte[MaximumNames];
            foreach (byte[] name in Split(names.AsSpan(0, length), skipAttribute))
            {
                int size = FileCalls.GetExtendedAttribute(source, name, value);
                LinuxException.ThrowIfFailed(Tolerate(size < 0 ? size : FileCalls.SetExtendedAttribute(target, name, Changed(owners, name, value.AsSpan(0, size)))), "fsetxattr");
            }
        }

        LinuxException.ThrowIfFailed(FileCalls.ChangeMode(target, status.Mode), "fchmod");
        return status;
    }

    private static void CopyRegular(int source, ReadOnlySpan<byte> sourceName, int target, ReadOnlySpan<byte> targetName, Func<byte[], bool>? skipAttribute, OwnerChange? owners)
    {
        string display = PathBytes.Display(sourceName);
        int from = LinuxException.ThrowIfFailed(FileCalls.OpenAt(source, sourceName, OpenFlags.ReadOnly | OpenFlags.NoFollow), "openat", display);
        int to = -1;
        try
        {
            to = LinuxException.ThrowIfFailed(
                FileCalls.OpenAt(target, targetName, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0x180 /* 0600 */), "openat", display);
            LinuxException.ThrowIfFailed(FileCalls.Status(from, out var status), "statx", display);
            LinuxException.ThrowIfFailed(FileCalls.Truncate(to, status.Size), "ftruncate", display);
            for (long offset = 0; offset < status.Size;)
            {
                long data = FileCalls.FindData(from, offset);
                if (data == -Errno.ENXIO)
                {
                    break; // Only a hole is left.
                }

                long end = LinuxException.ThrowIfFailed(FileCalls.FindHole(from, LinuxException.ThrowIfFailed(data, "lseek", display)), "lseek", display);
                LinuxException.ThrowIfFailed(FileCalls.CopyRange(from, to, data, end - data), "copy_file_range", display);
                offset = end;
            }

            CopyAttributes(from, to, skipAttribute, owners);
            LinuxException.ThrowIfFailed(FileCalls.SetTimes(to, status.AccessTime, status.ModifyTime), "utimensat", display);
        }
        finally
        {
            FileCalls.Close(from);
            if (to >= 0)
            {
                FileCalls.Close(to);
            }
        }
    }

    private static ReadOnlySpan<byte> Changed(OwnerChange? owners, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => owners is null ? value : owners.Attribute(name, value);

    private static List<byte[]> Split(ReadOnlySpan<byte> names, Func<byte[], bool>? skip)
    {
        var result = new List<byte[]>();
        while (!names.IsEmpty)
        {
            int end = names.IndexOf((byte)0);
            if (skip is null || !skip(names[..end].ToArray()))
            {
                result.Add(names[..(end + 1)].ToArray());
            }

            names = names[(end + 1)..];
        }

        return result;
    }

    // What one file system or security module keeps, another may not; a vanished attribute is no failure either.
    private static int Tolerate(int result) => result is -Errno.EOPNOTSUPP or -Errno.ENODATA or -Errno.EPERM ? 0 : result;
}
