using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Files;

/// <summary>libc's file calls as C declares them, blittable only, so that they cost nothing and compile ahead of time.</summary>
internal static unsafe partial class Libc
{
    internal const long SysOpenAt2 = 437; // One number on every architecture.

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint openat2(nint number, nint directory, byte* path, OpenHow* how, nint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int openat(int directory, byte* path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mkdirat(int directory, byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mknodat(int directory, byte* path, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int symlinkat(byte* target, int directory, byte* path);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int linkat(int oldDirectory, byte* oldPath, int newDirectory, byte* newPath, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int renameat2(int oldDirectory, byte* oldPath, int newDirectory, byte* newPath, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int unlinkat(int directory, byte* path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchown(int fd, uint owner, uint group);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchownat(int directory, byte* path, uint owner, uint group, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchmod(int fd, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchmodat(int directory, byte* path, uint mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int utimensat(int directory, byte* path, TimeSpec* times, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int futimens(int fd, TimeSpec* times);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int statx(int directory, byte* path, int flags, uint mask, StatxBuffer* buffer);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint readlinkat(int directory, byte* path, byte* buffer, nint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(int fd, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(int fd, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pread(int fd, byte* buffer, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pwrite(int fd, byte* buffer, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ftruncate(int fd, long length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial long lseek(int fd, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint copy_file_range(int input, long* inputOffset, int output, long* outputOffset, nint count, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fsync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int syncfs(int fd);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sync_file_range(int fd, long offset, long count, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint getdents64(int fd, byte* buffer, nint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fsetxattr(int fd, byte* name, byte* value, nint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int lsetxattr(byte* path, byte* name, byte* value, nint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint fgetxattr(int fd, byte* name, byte* value, nint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint lgetxattr(byte* path, byte* name, byte* value, nint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint flistxattr(int fd, byte* list, nint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint llistxattr(byte* path, byte* list, nint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int lremovexattr(byte* path, byte* name);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fremovexattr(int fd, byte* name);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(int fd, int operation);

    // fcntl is variadic in C; a fixed third argument is passed alike on x86-64 and on arm64 Linux.
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(int fd, int command, FileLockBuffer* argument);

    [LibraryImport("libc")]
    internal static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int faccessat(int directory, byte* path, int mode, int flags);

    [LibraryImport("libc")]
    internal static partial uint getegid();

    [StructLayout(LayoutKind.Sequential)]
    internal struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>struct flock of 64-bit Linux (fcntl(2)).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct FileLockBuffer
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int ProcessId;
    }

    /// <summary>struct statx (statx(2)), up to what is used here; the kernel writes all 256 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct StatxBuffer
    {
        [FieldOffset(0)]
        public uint Mask;
        [FieldOffset(16)]
        public uint LinkCount;
        [FieldOffset(20)]
        public uint UserId;
        [FieldOffset(24)]
        public uint GroupId;
        [FieldOffset(28)]
        public ushort Mode;
        [FieldOffset(32)]
        public ulong Inode;
        [FieldOffset(40)]
        public ulong Size;
        [FieldOffset(48)]
        public ulong Blocks;
        [FieldOffset(64)]
        public long AccessSeconds;
        [FieldOffset(72)]
        public uint AccessNanoseconds;
        [FieldOffset(96)]
        public long ChangeSeconds;
        [FieldOffset(104)]
        public uint ChangeNanoseconds;
        [FieldOffset(112)]
        public long ModifySeconds;
        [FieldOffset(120)]
        public uint ModifyNanoseconds;
        [FieldOffset(128)]
        public uint DeviceNodeMajor;
        [FieldOffset(132)]
        public uint DeviceNodeMinor;
        [FieldOffset(136)]
        public uint DeviceMajor;
        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
