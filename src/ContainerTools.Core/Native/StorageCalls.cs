using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Core.Native;

/// <summary>The few system calls of the content store that .NET has no name for.</summary>
internal static partial class StorageCalls
{
    private const uint SyncFileRangeWrite = 2;
    private const int OpenDirectory = 0x10000;
    private const int CloseOnExec = 0x80000;

    /// <summary>Asks the kernel to begin writing a range to the disk (sync_file_range(2)); does not wait, promises nothing.</summary>
    internal static void StartWriteBack(SafeFileHandle file, long offset, long length) => _ = sync_file_range(file, offset, length, SyncFileRangeWrite);

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
    private static partial int sync_file_range(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);
}
