using System.Runtime.InteropServices;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Files;

/// <summary>A file in memory without a name (memfd_create(2)), for what a child process is to read.</summary>
public static unsafe class AnonymousFile
{
    private const uint CloseOnExec = 1;

    /// <summary>Makes one, positioned at its beginning.</summary>
    /// <param name="name">A name for /proc, seen by people only.</param>
    /// <param name="content">What it holds.</param>
    public static SafeFileHandle Create(string name, ReadOnlySpan<byte> content)
    {
        using var strings = new NativeStrings();
        var fd = NativeMethods.Syscall(SystemCalls.MemfdCreate, (long)strings.Add(name), CloseOnExec);
        if (fd < 0)
            throw new LinuxException(Marshal.GetLastPInvokeError(), "memfd_create", name);
        var file = new SafeFileHandle((nint)fd, ownsHandle: true);
        LinuxException.ThrowIfFailed(FileCalls.WriteAt((int)fd, content, 0), "pwrite", name);
        return file;
    }
}
