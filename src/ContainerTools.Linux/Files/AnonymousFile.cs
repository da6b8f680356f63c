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
        const uint AllowSealing = 2;
        using var strings = new NativeStrings();
        var fd = NativeMethods.Syscall(SystemCalls.MemfdCreate, (long)strings.Add(name), CloseOnExec | AllowSealing);
        if (fd < 0)
            throw new LinuxException(Marshal.GetLastPInvokeError(), "memfd_create", name);
        var file = new SafeFileHandle((nint)fd, ownsHandle: true);
        LinuxException.ThrowIfFailed(FileCalls.WriteAt((int)fd, content, 0), "pwrite", name);
        return file;
    }

    /// <summary>Has it grow no more: writing behind its end is an error from now on, for everybody who has it open.</summary>
    public static void SealSize(SafeFileHandle file)
    {
        const int SealGrow = 4;
        ArgumentNullException.ThrowIfNull(file);
        Seal(file, SealGrow);
    }

    /// <summary>Has it and what is in it stay as they are.</summary>
    internal static void SealAll(SafeFileHandle file)
    {
        const int AllSeals = 0xf;
        Seal(file, AllSeals);
    }

    private static void Seal(SafeFileHandle file, int seals)
    {
        const int AddSeals = 1033;
        if (NativeMethods.Fcntl((int)file.DangerousGetHandle(), AddSeals, seals) != 0)
            throw LinuxException.Last("fcntl(F_ADD_SEALS)");
    }
}
