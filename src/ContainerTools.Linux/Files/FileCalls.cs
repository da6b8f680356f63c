using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Files;

/// <summary>
/// File system calls on descriptors and names relative to them. Names are bytes, as the kernel has them, and end in NUL (<c>"etc\0"u8</c>). A failed call
/// returns the negative error number instead of throwing, since loops over thousands of files expect some of them; <see cref="LinuxException.ThrowIfFailed(int, string, string)"/>
/// throws. Interrupted calls are repeated.
/// </summary>
public static unsafe partial class FileCalls
{
    /// <summary>Stands for the working directory (AT_FDCWD).</summary>
    public const int WorkingDirectory = -100;

    private const int AtSymlinkNoFollow = 0x100;
    private const int AtRemoveDirectory = 0x200;
    private const int AtEmptyPath = 0x1000;
    private const uint RenameNoReplace = 1;
    private const uint RenameExchange = 2;

    /// <summary>openat(2), always with O_CLOEXEC. Returns the descriptor.</summary>
    public static int OpenAt(int directory, ReadOnlySpan<byte> path, int flags, uint mode = 0)
    {
        fixed (byte* p = Terminated(path))
        {
            int result;
            while ((result = Result(Libc.openat(directory, p, flags | OpenFlags.CloseOnExec, mode))) == -Errno.EINTR)
            {
            }

            return result;
        }
    }

    /// <summary>openat2(2), always with O_CLOEXEC. Returns the descriptor. EAGAIN (a rename raced with <c>..</c>) is tried again.</summary>
    public static int OpenAt2(int directory, ReadOnlySpan<byte> path, int flags, uint mode, ResolveFlags resolve)
    {
        var how = new Libc.OpenHow { Flags = (ulong)(uint)(flags | OpenFlags.CloseOnExec), Mode = mode, Resolve = (ulong)resolve };
        fixed (byte* p = Terminated(path))
        {
            int result;
            while ((result = Result((int)Libc.openat2((nint)Libc.SysOpenAt2, directory, p, &how, sizeof(Libc.OpenHow)))) is -Errno.EINTR or -Errno.EAGAIN)
            {
            }

            return result;
        }
    }

    /// <summary>close(2).</summary>
    public static int Close(int fd) => Result(Libc.close(fd));

    /// <summary>mkdirat(2).</summary>
    public static int MakeDirectoryAt(int directory, ReadOnlySpan<byte> path, uint mode)
    {
        fixed (byte* p = Terminated(path))
        {
            return Result(Libc.mkdirat(directory, p, mode));
        }
    }

    /// <summary>mknodat(2): a device node, fifo, socket or empty regular file.</summary>
    public static int MakeNodeAt(int directory, ReadOnlySpan<byte> path, FileType type, uint mode, uint major, uint minor)
    {
        // glibc's makedev(3): the minor's low 8 bits, the major's low 12, then the high parts.
        ulong device = (minor & 0xff) | ((ulong)(major & 0xfff) << 8) | ((ulong)(minor & ~0xffu) << 12) | ((ulong)(major & ~0xfffu) << 32);
        fixed (byte* p = Terminated(path))
        {
            return Result(Libc.mknodat(directory, p, (uint)type | mode, device));
        }
    }

    /// <summary>symlinkat(2).</summary>
    public static int SymbolicLinkAt(ReadOnlySpan<byte> target, int directory, ReadOnlySpan<byte> path)
    {
        fixed (byte* t = Terminated(target))
        fixed (byte* p = Terminated(path))
        {
            return Result(Libc.symlinkat(t, directory, p));
        }
    }

    /// <summary>linkat(2); a symbolic link is linked itself.</summary>
    public static int LinkAt(int oldDirectory, ReadOnlySpan<byte> oldPath, int newDirectory, ReadOnlySpan<byte> newPath)
    {
        fixed (byte* o = Terminated(oldPath))
        fixed (byte* n = Terminated(newPath))
        {
            return Result(Libc.linkat(oldDirectory, o, newDirectory, n, 0));
        }
    }

    /// <summary>renameat2(2).</summary>
    /// <param name="oldDirectory">Where it is.</param>
    /// <param name="oldPath">Its name.</param>
    /// <param name="newDirectory">Where to.</param>
    /// <param name="newPath">Its new name.</param>
    /// <param name="replace">Whether something of the new name may be replaced; otherwise that is EEXIST.</param>
    public static int RenameAt(int oldDirectory, ReadOnlySpan<byte> oldPath, int newDirectory, ReadOnlySpan<byte> newPath, bool replace = true)
    {
        fixed (byte* o = Terminated(oldPath))
        fixed (byte* n = Terminated(newPath))
        {
            return Result(Libc.renameat2(oldDirectory, o, newDirectory, n, replace ? 0 : RenameNoReplace));
        }
    }

    /// <summary>renameat2(2) with RENAME_EXCHANGE: the two swap places in one step.</summary>
    public static int ExchangeAt(int oldDirectory, ReadOnlySpan<byte> oldPath, int newDirectory, ReadOnlySpan<byte> newPath)
    {
        fixed (byte* o = Terminated(oldPath))
        fixed (byte* n = Terminated(newPath))
        {
            return Result(Libc.renameat2(oldDirectory, o, newDirectory, n, RenameExchange));
        }
    }

    /// <summary>unlinkat(2) of anything but a directory.</summary>
    public static int UnlinkAt(int directory, ReadOnlySpan<byte> path)
    {
        fixed (byte* p = Terminated(path))
        {
            return Result(Libc.unlinkat(directory, p, 0));
        }
    }

    /// <summary>unlinkat(2) of an empty directory.</summary>
    public static int RemoveDirectoryAt(int directory, ReadOnlySpan<byte> path)
    {
        fixed (byte* p = Terminated(path))
        {
            return Result(Libc.unlinkat(directory, p, AtRemoveDirectory));
        }
    }

    /// <summary>fchown(2).</summary>
    public static int ChangeOwner(int fd, uint user, uint group) => Result(Libc.fchown(fd, user, group));

    /// <summary>fchownat(2); a symbolic link's own owner is changed.</summary>
    public static int ChangeOwnerAt(int directory, ReadOnlySpan<byte> path, uint user, uint group)
    {
        fixed (byte* p = Terminated(path))
        {
            return Result(Libc.fchownat(directory, p, user, group, AtSymlinkNoFollow));
        }
    }

    /// <summary>fchmod(2).</summary>
    public static int ChangeMode(int fd, uint mode) => Result(Libc.fchmod(fd, mode));

    /// <summary>fchmodat(2). It follows symbolic links (which have no mode of their own): use it only where the last component cannot be one.</summary>
    public static int ChangeModeAt(int directory, ReadOnlySpan<byte> path, uint mode)
    {
        fixed (byte* p = Terminated(path))
        {
            return Result(Libc.fchmodat(directory, p, mode, 0));
        }
    }

    /// <summary>futimens(3).</summary>
    public static int SetTimes(int fd, FileTime access, FileTime modify)
    {
        var times = stackalloc Libc.TimeSpec[2];
        times[0] = new() { Seconds = access.Seconds, Nanoseconds = access.Nanoseconds };
        times[1] = new() { Seconds = modify.Seconds, Nanoseconds = modify.Nanoseconds };
        // Not utimensat without a path: glibc's wrapper refuses that with EINVAL.
        return Result(Libc.futimens(fd, times));
    }

    /// <summary>utimensat(2); a symbolic link's own times are set.</summary>
    public static int SetTimesAt(int directory, ReadOnlySpan<byte> path, FileTime access, FileTime modify)
    {
        var times = stackalloc Libc.TimeSpec[2];
        times[0] = new() { Seconds = access.Seconds, Nanoseconds = access.Nanoseconds };
        times[1] = new() { Seconds = modify.Seconds, Nanoseconds = modify.Nanoseconds };
        fixed (byte* p = Terminated(path))
        {
            return Result(Libc.utimensat(directory, p, times, AtSymlinkNoFollow));
        }
    }

    /// <summary>statx(2) of a name; a symbolic link is described itself.</summary>
    public static int StatusAt(int directory, ReadOnlySpan<byte> path, out FileStatus status)
    {
        fixed (byte* p = Terminated(path))
        {
            return Status(directory, p, AtSymlinkNoFollow, out status);
        }
    }

    /// <summary>statx(2) of an open file.</summary>
    public static int Status(int fd, out FileStatus status)
    {
        byte empty = 0;
        return Status(fd, &empty, AtEmptyPath, out status);
    }

    /// <summary>readlinkat(2). Returns the target's length in bytes; as much of it as fits is in <paramref name="target"/>.</summary>
    public static int ReadLinkAt(int directory, ReadOnlySpan<byte> path, Span<byte> target)
    {
        fixed (byte* p = Terminated(path))
        fixed (byte* t = target)
        {
            return Result((int)Libc.readlinkat(directory, p, t, target.Length));
        }
    }

    private static int Status(int directory, byte* path, int flags, out FileStatus status)
    {
        Libc.StatxBuffer buffer;
        const uint basicStats = 0x7ff;
        int result = Result(Libc.statx(directory, path, flags, basicStats, &buffer));
        status = result < 0
            ? default
            : new FileStatus
            {
                Type = (FileType)(buffer.Mode & 0xF000),
                Mode = buffer.Mode & 0xFFFu,
                UserId = buffer.UserId,
                GroupId = buffer.GroupId,
                Size = (long)buffer.Size,
                Blocks = (long)buffer.Blocks,
                Inode = buffer.Inode,
                Device = ((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor,
                LinkCount = buffer.LinkCount,
                NodeMajor = buffer.DeviceNodeMajor,
                NodeMinor = buffer.DeviceNodeMinor,
                AccessTime = new FileTime(buffer.AccessSeconds, (int)buffer.AccessNanoseconds),
                ModifyTime = new FileTime(buffer.ModifySeconds, (int)buffer.ModifyNanoseconds),
                ChangeTime = new FileTime(buffer.ChangeSeconds, (int)buffer.ChangeNanoseconds),
            };
        return result;
    }

    private static ReadOnlySpan<byte> Terminated(ReadOnlySpan<byte> path) => !path.IsEmpty && path[^1] == 0
        ? path
        : throw new ArgumentException("The name must end in NUL.", nameof(path));

    private static int Result(int value) => value >= 0 ? value : -Marshal.GetLastPInvokeError();

    private static long Result(nint value) => value >= 0 ? value : -Marshal.GetLastPInvokeError();
}
