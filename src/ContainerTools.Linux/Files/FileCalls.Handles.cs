using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Files;

/// <content>Opening by ordinary paths.</content>
public static unsafe partial class FileCalls
{
    /// <summary>
    /// Opens a file by path, close-on-exec. Unlike <see cref="File.OpenHandle"/> it takes no advisory lock of its own, which would be in the way of ours.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="flags">See <see cref="OpenFlags"/>.</param>
    /// <param name="mode">Permission bits of a new file.</param>
    /// <exception cref="LinuxException">It could not be opened.</exception>
    public static SafeFileHandle Open(string path, int flags, uint mode = 0x180 /* 0600 */) =>
        new(LinuxException.ThrowIfFailed(OpenAt(WorkingDirectory, PathBytes.Terminated(path), flags, mode), "open", path), ownsHandle: true);

    /// <summary>Opens a file by path like <see cref="Open"/>; null if it does not exist.</summary>
    public static SafeFileHandle? OpenIfExists(string path, int flags)
    {
        int fd = OpenAt(WorkingDirectory, PathBytes.Terminated(path), flags);
        return fd is -Errno.ENOENT or -Errno.ENOTDIR
            ? null
            : new SafeFileHandle(LinuxException.ThrowIfFailed(fd, "open", path), ownsHandle: true);
    }
}
