using System.Runtime.InteropServices;

namespace ContainerTools.Linux;

/// <summary>A system call that failed: which one, on what, and with which errno.</summary>
public sealed class LinuxException : IOException
{
    /// <summary>Creates the exception with a message of the form <c>openat2 /a/b: No such file or directory</c>.</summary>
    /// <param name="errno">The error number, positive.</param>
    /// <param name="operation">The system call or the action that failed.</param>
    /// <param name="path">The file or object it was about, if any.</param>
    public LinuxException(int errno, string operation, string? path = null)
        : base($"{operation}{(path is null ? "" : " " + path)}: {Describe(errno)}")
    {
        Errno = errno;
        Operation = operation;
        Path = path;
    }

    /// <summary>The error number (errno.h), positive.</summary>
    public int Errno { get; }

    /// <summary>The system call or the action that failed.</summary>
    public string Operation { get; }

    /// <summary>The file or object it was about, if any.</summary>
    public string? Path { get; }

    /// <summary>The text of an error number, as strerror(3) gives it.</summary>
    /// <param name="errno">The error number, positive.</param>
    /// <returns>The text, for example <c>Permission denied</c>.</returns>
    public static string Describe(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    /// <summary>The exception for the last system call of this thread that was imported with SetLastError.</summary>
    /// <param name="operation">The system call or the action that failed.</param>
    /// <param name="path">The file or object it was about, if any.</param>
    /// <returns>The exception to throw.</returns>
    public static LinuxException Last(string operation, string? path = null) => new(Marshal.GetLastPInvokeError(), operation, path);
}
