using ContainerTools.Engine.Containers;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Monitor;

/// <summary>
/// The hold that a monitor has on its container's root file system. When an overlay goes, the kernel brings everything that is to be written to the writable layer's file system to the disk,
/// whoever wrote it; without this hold, the container's last process would wait for that before anybody could see that it has ended.
/// </summary>
internal static class RootLock
{
    /// <summary>Waits until the monitor of an earlier run has let go, and keeps the next one's from beginning.</summary>
    public static void Take()
    {
        using var file = Open();
        while (!OpenFileLock.TryAcquire(file, offset: MonitorArguments.RootLockOffset))
            Thread.Sleep(1);
    }

    /// <summary>Lets the root file system go, and with it the lock.</summary>
    public static void Release(MonitorArguments options)
    {
        if (options.RootDescriptor >= 0)
            _ = FileCalls.Close(options.RootDescriptor);
        options.RootDescriptor = -1;
        using var file = Open();
        OpenFileLock.Release(file, MonitorArguments.RootLockOffset);
    }

    private static SafeFileHandle Open() => new(MonitorArguments.LockDescriptor, ownsHandle: false);
}
