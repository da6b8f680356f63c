using System.Globalization;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// The container process's descriptors while it is being made: 0 to 2, those preserved for the command, then the ones below; everything else of this
/// process is closed when it executes its table.
/// </summary>
internal sealed class DescriptorLayout(int preserved) : IDisposable
{
    private const int DuplicateCloseOnExec = 1030;

    private readonly List<SafeFileHandle> _duplicates = [];

    /// <summary>The channel to the runtime; failures go there too.</summary>
    public int Socket => 3 + preserved;

    /// <summary>The FIFO that the start is awaited on.</summary>
    public int StartFifo => Socket + 1;

    /// <summary>The FIFO that failures go to once the runtime that created the container is gone.</summary>
    public int FailureFifo => Socket + 2;

    /// <summary>The socket that gets a seccomp listener.</summary>
    public int Listener => Socket + 3;

    /// <summary>The file that a security label for the command is written to.</summary>
    public int Label => Socket + 4;

    /// <summary>For a descriptor whose number has to be known beforehand.</summary>
    public int Spare => Socket + 5;

    /// <summary>The first number without a meaning.</summary>
    public int FirstFree => Socket + 6;

    /// <summary>A descriptor's number, or that of a duplicate of it, above all that have a meaning.</summary>
    public int Above(int descriptor)
    {
        if (descriptor >= FirstFree)
            return descriptor;
        var fd = NativeMethods.Fcntl(descriptor, DuplicateCloseOnExec, FirstFree);
        if (fd < 0)
            throw LinuxException.Last("fcntl(F_DUPFD_CLOEXEC)", descriptor.ToString(CultureInfo.InvariantCulture));
        _duplicates.Add(new SafeFileHandle(fd, ownsHandle: true));
        return fd;
    }

    /// <summary>The same of a file to be opened.</summary>
    public int Open(string path, int flags) => TryOpen(path, flags) ?? throw new LinuxException(Errno.ENOENT, "open", path);

    /// <summary>The same of a file that may not be there; null then.</summary>
    public int? TryOpen(string path, int flags)
    {
        const int CloseOnExec = 0x80000;
        var fd = NativeMethods.Open(path, flags | CloseOnExec, 0);
        if (fd < 0)
            return LinuxException.Last("open", path) is { Errno: not Errno.ENOENT } error ? throw error : null;
        _duplicates.Add(new SafeFileHandle(fd, ownsHandle: true));
        return Above(fd);
    }

    /// <summary>A descriptor that only names a directory (O_PATH).</summary>
    public int OpenPath(string directory)
    {
        const int PathOnly = 0x200000;
        return Open(directory, PathOnly);
    }

    public void Dispose()
    {
        foreach (var handle in _duplicates)
            handle.Dispose();
    }
}
