using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Core.Native;

/// <summary>The few system calls of the content store that .NET has no name for.</summary>
internal static partial class StorageCalls
{
    private const int InvalidArgument = 22;
    private const int UnlockOperation = 8;
    private const int GetFlags = 3;
    private const int SetFlags = 4;
    private const int OpenDirectory = 0x10000;
    private const int CloseOnExec = 0x80000;

    // Its value differs between architectures (fcntl.h).
    private static readonly int directFlag = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm or Architecture.Ppc64le ? 0x10000 : 0x4000;

    /// <summary>Turns writing past the page cache on or off (open(2), O_DIRECT). False: this file system cannot.</summary>
    internal static bool TrySetDirect(SafeFileHandle file, bool on)
    {
        int flags = fcntl(file, GetFlags, 0);
        return flags >= 0 && fcntl(file, SetFlags, on ? flags | directFlag : flags & ~directFlag) == 0;
    }

    /// <summary>Lets go of the lock that .NET takes on a file opened with FileShare.None (flock(2)).</summary>
    internal static void Unlock(SafeFileHandle file) => _ = flock(file, UnlockOperation);

    /// <summary>Where in a pinned array the first aligned byte is.</summary>
    internal static unsafe int AlignedStart(byte[] pinned, int alignment)
    {
        fixed (byte* first = pinned)
        {
            return (int)((alignment - ((nint)first % alignment)) % alignment);
        }
    }

    /// <summary>Whether an error is EINVAL.</summary>
    internal static bool IsInvalidArgument(IOException e) => e.HResult == InvalidArgument || e is { InnerException.HResult: InvalidArgument };

    /// <summary>fsync(2) of a directory: the names in it are then durable.</summary>
    /// <exception cref="IOException">The kernel refused; HResult is the error number.</exception>
    internal static void SyncDirectory(string path)
    {
        int descriptor = open(path, OpenDirectory | CloseOnExec);
        if (descriptor < 0)
        {
            throw Failed("open", path);
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (fsync(handle) < 0)
        {
            throw Failed("fsync", path);
        }
    }

    private static IOException Failed(string call, string path)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new IOException($"{call} '{path}': {Marshal.GetPInvokeErrorMessage(errno)}", errno);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle file, int command, nint argument);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);
}
