using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Files;

/// <summary>
/// Locks that belong to an open file description (fcntl_locking(2), "Open file description locks"): they end when its last descriptor closes, so a process
/// that dies for whatever reason lets go. Unlike flock(2)'s, one can be asked about without being taken, which disturbs nobody. Each is on one byte, which need not exist.
/// </summary>
public static unsafe class OpenFileLock
{
    private const int GetLock = 36; // F_OFD_GETLK
    private const int SetLock = 37; // F_OFD_SETLK
    private const short ReadLock = 0;
    private const short WriteLock = 1;
    private const short Unlock = 2;

    /// <summary>Takes a lock without waiting; the file must be open for writing, or for reading if the lock is shared.</summary>
    /// <returns>Whether the lock was free.</returns>
    public static bool TryAcquire(SafeFileHandle file, bool exclusive = true, long offset = 0)
    {
        int result = Call(file, SetLock, exclusive ? WriteLock : ReadLock, offset, out _);
        return result switch
        {
            >= 0 => true,
            -Errno.EAGAIN or -Errno.EACCES => false,
            _ => throw new LinuxException(-result, "fcntl(F_OFD_SETLK)"),
        };
    }

    /// <summary>Whether another open file description holds a lock that would keep an exclusive one away. Takes no lock.</summary>
    public static bool IsHeld(SafeFileHandle file, long offset = 0)
    {
        LinuxException.ThrowIfFailed(Call(file, GetLock, WriteLock, offset, out short found), "fcntl(F_OFD_GETLK)");
        return found != Unlock;
    }

    /// <summary>Whether the file exists and somebody holds a lock on it. Takes no lock.</summary>
    public static bool IsHeld(string path)
    {
        using var file = FileCalls.OpenIfExists(path, OpenFlags.ReadOnly);
        return file is not null && IsHeld(file);
    }

    /// <summary>Lets go of the lock.</summary>
    public static void Release(SafeFileHandle file, long offset = 0) => LinuxException.ThrowIfFailed(Call(file, SetLock, Unlock, offset, out _), "fcntl(F_OFD_SETLK)");

    private static int Call(SafeFileHandle file, int command, short type, long offset, out short found)
    {
        bool held = false;
        try
        {
            file.DangerousAddRef(ref held);
            var buffer = new Libc.FileLockBuffer { Type = type, Start = offset, Length = 1 };
            int result = Libc.fcntl((int)file.DangerousGetHandle(), command, &buffer);
            found = buffer.Type;
            return result >= 0 ? result : -Marshal.GetLastPInvokeError();
        }
        finally
        {
            if (held)
            {
                file.DangerousRelease();
            }
        }
    }
}
