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

    /// <summary>Whether the disk or a quota is full.</summary>
    public bool IsStorageFull => Errno is Linux.Errno.ENOSPC or Linux.Errno.EDQUOT;

    /// <summary>Throws if a call returned a negative error number, and returns its result otherwise.</summary>
    /// <param name="result">The call's result.</param>
    /// <param name="operation">The system call or the action.</param>
    /// <param name="path">The file or object it was about, if any.</param>
    public static int ThrowIfFailed(int result, string operation, string? path = null) =>
        result >= 0 ? result : throw new LinuxException(-result, operation, path);

    /// <inheritdoc cref="ThrowIfFailed(int, string, string?)"/>
    public static long ThrowIfFailed(long result, string operation, string? path = null) =>
        result >= 0 ? result : throw new LinuxException((int)-result, operation, path);
}
