using System.Runtime.InteropServices;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Linux.Terminals;

/// <summary>Calls on terminals (ioctl_tty(2)).</summary>
public static unsafe class Terminal
{
    /// <summary>The character that ends the input of a terminal in its usual mode: Ctrl+D (VEOF, termios(3)).</summary>
    public const byte EndOfInput = 4;

    private const long GetAttributes = 0x5401, GetWindowSize = 0x5413, SetWindowSize = 0x5414;

    /// <summary>Whether a descriptor is a terminal.</summary>
    public static bool IsTerminal(int fd)
    {
        var attributes = stackalloc byte[TerminalMode.Size];
        return NativeMethods.Syscall(SystemCalls.Ioctl, fd, GetAttributes, (long)attributes) == 0;
    }

    /// <summary>A terminal's size in characters; null if it does not know it or is no terminal.</summary>
    public static (int Rows, int Columns)? GetSize(int fd)
    {
        // struct winsize: rows, columns, two unused
        var size = stackalloc ushort[4];
        return NativeMethods.Syscall(SystemCalls.Ioctl, fd, GetWindowSize, (long)size) == 0 && size[0] > 0 && size[1] > 0 ? (size[0], size[1]) : null;
    }

    /// <summary>Gives a terminal, by either side of it, its size in characters; its foreground processes get SIGWINCH if that is a change.</summary>
    /// <returns>0, or the error number.</returns>
    public static int SetSize(int fd, int rows, int columns)
    {
        var size = stackalloc ushort[4];
        size[0] = (ushort)Math.Clamp(rows, 0, ushort.MaxValue);
        size[1] = (ushort)Math.Clamp(columns, 0, ushort.MaxValue);
        return NativeMethods.Syscall(SystemCalls.Ioctl, fd, SetWindowSize, (long)size) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }
}
