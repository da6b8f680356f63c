using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Files;

/// <summary>flock(2): a lock on an open file (or directory) that ends when its last descriptor closes.</summary>
public static class AdvisoryLock
{
    private const int Shared = 1;
    private const int Exclusive = 2;
    private const int NonBlocking = 4;

    /// <summary>Takes the lock without waiting, on a raw descriptor.</summary>
    /// <returns>Whether the lock was free.</returns>
    public static bool TryAcquire(int fd, bool exclusive)
    {
        if (Libc.flock(fd, (exclusive ? Exclusive : Shared) | NonBlocking) >= 0)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno is Errno.EAGAIN or Errno.EINTR ? false : throw new LinuxException(errno, "flock");
    }

    /// <summary>Takes the lock without waiting.</summary>
    /// <returns>Whether the lock was free.</returns>
    public static bool TryAcquire(SafeFileHandle file, bool exclusive)
    {
        bool held = false;
        try
        {
            file.DangerousAddRef(ref held);
            return TryAcquire((int)file.DangerousGetHandle(), exclusive);
        }
        finally
        {
            if (held)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>Takes the lock exclusively, waiting as long as it takes.</summary>
    public static void Acquire(SafeFileHandle file)
    {
        bool held = false;
        try
        {
            file.DangerousAddRef(ref held);
            while (Libc.flock((int)file.DangerousGetHandle(), Exclusive) < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno != Errno.EINTR)
                    throw new LinuxException(errno, "flock");
            }
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
