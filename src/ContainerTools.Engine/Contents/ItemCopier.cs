using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Contents;

/// <summary>
/// Copies files and directories from one tree to another with owners, modes, times, links, holes and user attributes. Either tree may be changed meanwhile by somebody
/// who wishes us ill: everything is opened by descriptor and name, no link is ever followed, and what was opened is looked at again.
/// </summary>
/// <param name="from">The tree to read.</param>
/// <param name="to">The tree to write.</param>
/// <param name="warn">Told of what cannot be copied.</param>
/// <param name="cancellationToken">Ends the copy with an exception.</param>
internal sealed class ItemCopier(FileTree from, FileTree to, Action<string> warn, CancellationToken cancellationToken)
{
    private const uint PrivateMode = 0x180; // 0600
    private const uint PrivateDirectoryMode = 0x1C0; // 0700
    private const int MaximumDepth = 500; // Two descriptors and a stack frame each.
    private const int ChunkSize = 16 << 20;

    private readonly Dictionary<(ulong Device, ulong Inode), (int Directory, byte[] Name)> _links = [];
    private readonly HashSet<(ulong Device, ulong Inode)> _made = [];
    private readonly List<int> _kept = [];
    private string _source = "";
    private string _destination = "";

    /// <summary>Copies.</summary>
    public void Copy(CopyPlace source, CopyPlace destination)
    {
        (_source, _destination) = (source.Text, destination.Text);
        try
        {
            if (source.Name is { } name)
                CopyEntry(source.Fd, name, destination.Fd, destination.Name!, PathBytes.Display(name), 0);
            else
                CopyDirectory(source.Fd, "."u8, destination.Fd, destination.Name ?? ".\0"u8.ToArray(), ".", 0);
        }
        finally
        {
            foreach (int fd in _kept)
                _ = FileCalls.Close(fd);
        }
    }

    private void CopyEntry(int source, byte[] sourceName, int target, byte[] targetName, string path, int depth)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Check(FileCalls.StatusAt(source, sourceName, out var status), "stat", path);
        switch (status.Type)
        {
            case FileType.Directory:
                CopyDirectory(source, sourceName, target, targetName, path, depth);
                break;
            case FileType.Regular:
                CopyFile(source, sourceName, target, targetName, path, status);
                break;
            case FileType.SymbolicLink:
                byte[] link = new byte[4097];
                int length = Check(FileCalls.ReadLinkAt(source, sourceName, link.AsSpan(0, 4096)), "readlink", path);
                Replace(target, targetName, path, temporary => FileCalls.SymbolicLinkAt(link.AsSpan(0, length + 1), target, temporary), status);
                break;
            case FileType.Fifo:
                Replace(target, targetName, path, temporary => FileCalls.MakeNodeAt(target, temporary, FileType.Fifo, PrivateMode, 0, 0), status);
                break;
            default:
                warn($"'{path}' is a {(status.Type == FileType.Socket ? "socket" : "device")} and was not copied.");
                break;
        }
    }

    private void CopyDirectory(int source, ReadOnlySpan<byte> sourceName, int target, byte[] targetName, string path, int depth)
    {
        if (depth > MaximumDepth)
            throw new ContainerToolsException("TreeTooDeep", ErrorKind.InvalidData, $"'{PathBytes.Display(sourceName)}' lies more than {MaximumDepth} directories deep and was not copied.", path);
        int reading = Check(FileCalls.OpenAt(source, PathBytes.Terminated(sourceName.TrimEnd((byte)0)), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow), "open", path);
        int writing = -1;
        try
        {
            Check(FileCalls.Status(reading, out var status), "stat", path);
            if (_made.Contains((status.Device, status.Inode)))
            {
                warn($"'{path}' is what is being copied to, and was not copied into itself.");
                return;
            }
            bool isNew = MakeDirectory(target, targetName, path);
            writing = Check(FileCalls.OpenAt(target, targetName, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow), "open", path);
            if (isNew)
            {
                Check(FileCalls.Status(writing, out var made), "stat", path);
                _made.Add((made.Device, made.Inode));
            }
            foreach (byte[] name in Names(reading))
                CopyEntry(reading, name, writing, name, $"{path}/{PathBytes.Display(name)}", depth + 1);
            // A directory that was named to copy into stays whose it is.
            if (isNew || depth > 0)
                SetAttributes(reading, writing, status, path);
        }
        finally
        {
            _ = FileCalls.Close(reading);
            if (writing >= 0)
                _ = FileCalls.Close(writing);
        }
    }

    /// <summary>What lies below one of the two places: paths here begin with the name of what is copied.</summary>
    private static string Of(string place, string path) => path.IndexOf('/', StringComparison.Ordinal) is >= 0 and var rest ? place.TrimEnd('/') + path[rest..] : place;

    /// <returns>Whether it was not there before.</returns>
    private bool MakeDirectory(int target, byte[] name, string path)
    {
        int result = FileCalls.MakeDirectoryAt(target, name, PrivateDirectoryMode);
        if (result != -Errno.EEXIST)
            return Check(result, "mkdir", path) == 0;
        Check(FileCalls.StatusAt(target, name, out var existing), "stat", path);
        if (existing.IsDirectory)
            return false;
        throw new ContainerToolsException("DestinationIsFile", ErrorKind.AlreadyExists, $"The directory '{Of(_source, path)}' cannot be copied to '{Of(_destination, path)}', which is no directory. Remove that first, or copy to another name.", Of(_destination, path));
    }

    private void CopyFile(int source, byte[] sourceName, int target, byte[] targetName, string path, FileStatus status)
    {
        var key = (status.Device, status.Inode);
        if (status.LinkCount > 1 && _links.TryGetValue(key, out var first))
        {
            var (directory, name) = first;
            Replace(target, targetName, path, temporary => FileCalls.LinkAt(directory, name, target, temporary), null);
            return;
        }
        // Not blocking: it may have become a fifo since it was looked at.
        int reading = Check(FileCalls.OpenAt(source, sourceName, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking), "open", path);
        try
        {
            Check(FileCalls.Status(reading, out status), "stat", path);
            if (status.Type != FileType.Regular)
                throw new LinuxException(Errno.EINVAL, "copy", path);
            if (IsMountPoint(target, targetName))
            {
                WriteInPlace(reading, status, target, targetName, path);
                return;
            }
            Replace(target, targetName, path, temporary =>
            {
                int writing = FileCalls.OpenAt(target, temporary, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, PrivateMode);
                if (writing < 0)
                    return writing;
                try
                {
                    CopyContent(reading, writing, status, path);
                    SetAttributes(reading, writing, status, path);
                    return 0;
                }
                finally
                {
                    _ = FileCalls.Close(writing);
                }
            }, null);
            if (status.LinkCount > 1)
            {
                int kept = Check(FileCalls.OpenAt(target, ".\0"u8, OpenFlags.Path | OpenFlags.Directory), "open", path);
                _kept.Add(kept);
                _links[key] = (kept, targetName);
            }
        }
        finally
        {
            _ = FileCalls.Close(reading);
        }
    }

    private void CopyContent(int reading, int writing, FileStatus status, string path)
    {
        if (status.Size == 0)
        {
            CopyToEnd(reading, writing, path); // A file of /proc or /sys says nothing of its size.
            return;
        }
        Check(FileCalls.Truncate(writing, status.Size), "truncate", path);
        for (long offset = 0; offset < status.Size;)
        {
            long data = FileCalls.FindData(reading, offset);
            if (data == -Errno.ENXIO)
                break; // Only a hole is left.
            long end = data == -Errno.EINVAL ? status.Size : Math.Min(status.Size, LinuxException.ThrowIfFailed(FileCalls.FindHole(reading, LinuxException.ThrowIfFailed(data, "lseek", path)), "lseek", path));
            for (offset = Math.Max(data, 0); offset < end; offset += ChunkSize)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Check(FileCalls.CopyRange(reading, writing, offset, Math.Min(ChunkSize, end - offset)), "copy", path);
            }
            offset = end;
        }
    }

    private void CopyToEnd(int reading, int writing, string path)
    {
        byte[] buffer = new byte[64 * 1024];
        int count;
        while ((count = Check(FileCalls.Read(reading, buffer), "read", path)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Check(FileCalls.Write(writing, buffer.AsSpan(0, count)), "write", path);
        }
    }

    /// <summary>Writes into a file that something is mounted on: putting another in its place would take the mount away.</summary>
    private void WriteInPlace(int reading, FileStatus status, int target, byte[] name, string path)
    {
        int writing = Check(FileCalls.OpenAt(target, name, OpenFlags.WriteOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking), "open", path);
        try
        {
            Check(FileCalls.Status(writing, out var existing), "stat", path);
            if (existing.Type != FileType.Regular)
                throw new LinuxException(Errno.EINVAL, "copy", path);
            Check(FileCalls.Truncate(writing, 0), "truncate", path);
            CopyContent(reading, writing, status, path);
        }
        finally
        {
            _ = FileCalls.Close(writing);
        }
    }

    // Makes something under a name of its own and then gives it its name, so that what was there is whole until the new one is. With "owner" it gets that one's owner and times.
    private void Replace(int target, byte[] name, string path, Func<byte[], int> make, FileStatus? owner)
    {
        if (IsMountPoint(target, name))
            throw new ContainerToolsException("DestinationIsMountPoint", ErrorKind.InUse, $"Something is mounted at '{Of(_destination, path)}', and only a file can be copied onto a file that is mounted.", Of(_destination, path));
        byte[] temporary = Encoding.ASCII.GetBytes($".ct-copy-{Guid.NewGuid():N}\0");
        try
        {
            Check(make(temporary), "create", path);
            if (owner is { } status)
            {
                Check(FileCalls.ChangeOwnerAt(target, temporary, User(status), Group(status)), "chown", path);
                if (status.Type == FileType.Fifo)
                    SetFifoMode(target, temporary, status.Mode, path);
                Check(FileCalls.SetTimesAt(target, temporary, status.AccessTime, status.ModifyTime), "utimensat", path);
            }
            int renamed = FileCalls.RenameAt(target, temporary, target, name);
            if (renamed is -Errno.EISDIR or -Errno.EEXIST)
                throw new ContainerToolsException("DestinationIsDirectory", ErrorKind.AlreadyExists, $"'{Of(_source, path)}', which is no directory, cannot be copied to '{Of(_destination, path)}', which is one. Remove that first, or copy to another name.", Of(_destination, path));
            Check(renamed, "rename", path);
        }
        finally
        {
            // Gone when it got its name, but for two links of one file, which a rename leaves both.
            _ = FileCalls.UnlinkAt(target, temporary);
        }
    }

    // By descriptor: by name, chmod would follow a link that somebody has put there meanwhile.
    private static void SetFifoMode(int target, byte[] name, uint mode, string path)
    {
        int fd = Check(FileCalls.OpenAt(target, name, OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoFollow), "open", path);
        int result = FileCalls.ChangeMode(fd, mode);
        _ = FileCalls.Close(fd);
        Check(result, "chmod", path);
    }

    // A rename over it would take the mount away, also in the container: the kernel refuses that only for mounts of the caller's own namespace.
    private static bool IsMountPoint(int directory, byte[] name)
    {
        int fd = FileCalls.OpenAt2(directory, name, OpenFlags.Path | OpenFlags.NoFollow, 0, ResolveFlags.NoCrossDevice);
        if (fd >= 0)
            _ = FileCalls.Close(fd);
        return fd == -Errno.EXDEV;
    }

    private void SetAttributes(int reading, int writing, FileStatus status, string path)
    {
        Check(FileCalls.ChangeOwner(writing, User(status), Group(status)), "chown", path);
        CopyUserAttributes(reading, writing, path);
        // After chown, which clears set-id bits.
        Check(FileCalls.ChangeMode(writing, status.Mode), "chmod", path);
        Check(FileCalls.SetTimes(writing, status.AccessTime, status.ModifyTime), "utimens", path);
    }

    // Those of other name spaces mean something to the system that they are on.
    private static void CopyUserAttributes(int reading, int writing, string path)
    {
        int length = FileCalls.ListExtendedAttributes(reading, default);
        if (length <= 0)
            return;
        byte[] names = new byte[64 * 1024];
        length = FileCalls.ListExtendedAttributes(reading, names);
        byte[]? value = null;
        for (var rest = names.AsSpan(0, Math.Max(length, 0)); !rest.IsEmpty; rest = rest[(rest.IndexOf((byte)0) + 1)..])
        {
            var name = rest[..(rest.IndexOf((byte)0) + 1)];
            if (!name.StartsWith("user."u8) || name.StartsWith("user.overlay."u8))
                continue;
            value ??= new byte[64 * 1024];
            int size = FileCalls.GetExtendedAttribute(reading, name, value);
            int result = size < 0 ? size : FileCalls.SetExtendedAttribute(writing, name, value.AsSpan(0, size));
            if (result is not (-Errno.EOPNOTSUPP or -Errno.ENODATA))
                Check(result, "setxattr", path);
        }
    }

    private uint User(FileStatus status) => from.Ids.UserIn(to.Ids, status.UserId);

    private uint Group(FileStatus status) => from.Ids.GroupIn(to.Ids, status.GroupId);

    private static List<byte[]> Names(int directory)
    {
        List<byte[]> names = [];
        using var entries = new DirectoryEntries(directory);
        while (entries.MoveNext())
            names.Add(entries.Name.ToArray());
        return names;
    }

    private static int Check(int result, string operation, string path) => LinuxException.ThrowIfFailed(result, operation, path);
}
