using System.Runtime.InteropServices;
using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Trees;

/// <summary>Copies a directory with owners, modes, times, hard links, device nodes and extended attributes. It works on descriptors and never follows a link.</summary>
/// <param name="cancellationToken">Ends the copy with an exception.</param>
public sealed unsafe class TreeCopy(CancellationToken cancellationToken)
{
    private readonly Dictionary<(ulong Device, ulong Inode), string> _links = [];
    private int _root;

    /// <summary>Copies what is in a directory, and its own attributes, into an empty one.</summary>
    /// <param name="source">An open directory.</param>
    /// <param name="target">An open, empty directory.</param>
    /// <exception cref="LinuxException">Something could not be read or written, for example because the disk is full.</exception>
    public void CopyDirectory(int source, int target)
    {
        _root = target;
        CopyContent(source, target, "");
    }

    private void CopyContent(int source, int target, string path)
    {
        foreach (byte[] name in DirectoryNames.Read(source))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Latin-1 keeps every byte, so that a path of any bytes can be a key and be opened again.
            string entry = path + "/" + Encoding.Latin1.GetString(name.AsSpan(0, name.Length - 1));
            Check(FileCalls.StatusAt(source, name, out var status), "stat", entry);
            if (status.IsDirectory)
                CopySubdirectory(source, target, name, entry);
            else
                CopyFile(source, target, name, entry, status);
        }
        Check(FileCalls.Status(source, out var own), "stat", path);
        CopyAttributes(source, target, own, path);
    }

    private void CopySubdirectory(int source, int target, byte[] name, string path)
    {
        Check(FileCalls.MakeDirectoryAt(target, name, 0x1C0), "mkdir", path);
        int from = Check(FileCalls.OpenAt(source, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow), "open", path);
        try
        {
            int to = Check(FileCalls.OpenAt(target, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow), "open", path);
            try
            {
                CopyContent(from, to, path);
            }
            finally
            {
                _ = FileCalls.Close(to);
            }
        }
        finally
        {
            _ = FileCalls.Close(from);
        }
    }

    private void CopyFile(int source, int target, byte[] name, string path, FileStatus status)
    {
        if (status.LinkCount > 1)
        {
            if (_links.TryGetValue((status.Device, status.Inode), out string? first))
            {
                Check(FileCalls.LinkAt(_root, [.. Encoding.Latin1.GetBytes(first[1..]), 0], target, name), "link", path);
                return;
            }
            _links[(status.Device, status.Inode)] = path;
        }
        switch (status.Type)
        {
            case FileType.Regular:
                CopyRegular(source, target, name, path, status);
                return;
            case FileType.SymbolicLink:
                byte[] link = new byte[4097];
                int length = Check(FileCalls.ReadLinkAt(source, name, link), "readlink", path);
                link[Math.Min(length, link.Length - 1)] = 0;
                Check(FileCalls.SymbolicLinkAt(link.AsSpan(0, Math.Min(length, link.Length - 1) + 1), target, name), "symlink", path);
                break;
            default:
                Check(FileCalls.MakeNodeAt(target, name, status.Type, status.Mode, status.NodeMajor, status.NodeMinor), "mknod", path);
                break;
        }
        Check(FileCalls.ChangeOwnerAt(target, name, status.UserId, status.GroupId), "chown", path);
        if (status.Type is not FileType.SymbolicLink)
            Check(FileCalls.ChangeModeAt(target, name, status.Mode), "chmod", path);
        Check(FileCalls.SetTimesAt(target, name, status.AccessTime, status.ModifyTime), "utimensat", path);
    }

    private static void CopyRegular(int source, int target, byte[] name, string path, FileStatus status)
    {
        int from = Check(FileCalls.OpenAt(source, name, OpenFlags.ReadOnly | OpenFlags.NoFollow), "open", path);
        try
        {
            int to = Check(FileCalls.OpenAt(target, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0x180), "open", path);
            try
            {
                Check(FileCalls.Truncate(to, status.Size), "ftruncate", path);
                for (long offset = 0; offset < status.Size;)
                {
                    long data = FileCalls.FindData(from, offset);
                    // ENXIO: only a hole is left. Other errors: the file system knows no holes.
                    if (data == -Errno.ENXIO)
                        break;
                    if (data < 0)
                        data = offset;
                    long hole = FileCalls.FindHole(from, data);
                    long end = hole > data ? hole : status.Size;
                    Check(FileCalls.CopyRange(from, to, data, end - data), "copy_file_range", path);
                    offset = end;
                }
                CopyAttributes(from, to, status, path);
            }
            finally
            {
                _ = FileCalls.Close(to);
            }
        }
        finally
        {
            _ = FileCalls.Close(from);
        }
    }

    private static void CopyAttributes(int source, int target, FileStatus status, string path)
    {
        // chown clears set-id bits and file capabilities, so it comes first.
        Check(FileCalls.ChangeOwner(target, status.UserId, status.GroupId), "chown", path);
        CopyExtendedAttributes(source, target, path);
        Check(FileCalls.ChangeMode(target, status.Mode), "chmod", path);
        Check(FileCalls.SetTimes(target, status.AccessTime, status.ModifyTime), "futimens", path);
    }

    private static void CopyExtendedAttributes(int source, int target, string path)
    {
        nint size = Libc.flistxattr(source, null, 0);
        if (size <= 0)
            return;
        byte[] list = new byte[size];
        fixed (byte* names = list)
        {
            size = Libc.flistxattr(source, names, list.Length);
            for (nint at = 0; at < size;)
            {
                int length = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(names + at).Length;
                byte[] value = new byte[Math.Max(Libc.fgetxattr(source, names + at, null, 0), 0)];
                fixed (byte* v = value)
                {
                    nint got = Libc.fgetxattr(source, names + at, v, value.Length);
                    if (got >= 0 && Libc.fsetxattr(target, names + at, v, got, 0) < 0 && Marshal.GetLastPInvokeError() is not (Errno.EOPNOTSUPP or Errno.EPERM))
                        throw new LinuxException(Marshal.GetLastPInvokeError(), "fsetxattr", path);
                }
                at += length + 1;
            }
        }
    }

    private static int Check(int result, string operation, string path) => LinuxException.ThrowIfFailed(result, operation, path);
}
