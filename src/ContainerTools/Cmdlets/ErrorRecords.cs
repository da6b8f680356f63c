using System.ComponentModel;
using System.Management.Automation;
using ContainerTools.Engine;
using ContainerTools.Linux;

namespace ContainerTools.Cmdlets;

/// <summary>Makes PowerShell's error records: the exception's own id, and a category that says what kind of thing went wrong.</summary>
internal static class ErrorRecords
{
    /// <summary>Whether an exception is about the world and not about a mistake in this module.</summary>
    public static bool IsExpected(Exception e) => e is ContainerToolsException or IOException or UnauthorizedAccessException or Win32Exception or HttpRequestException or TimeoutException or FormatException;

    /// <summary>The record for an exception.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="target">What was worked on, for an exception that does not say.</param>
    public static ErrorRecord From(Exception exception, object? target) => exception switch
    {
        ContainerToolsException e => new ErrorRecord(e, e.ErrorId, Category(e.Kind), e.Target ?? target),
        LinuxException e => new ErrorRecord(e, "SystemCallFailed", ErrorCategory.ResourceUnavailable, target),
        UnauthorizedAccessException e => new ErrorRecord(e, "AccessDenied", ErrorCategory.PermissionDenied, target),
        FileNotFoundException or DirectoryNotFoundException => new ErrorRecord(exception, "FileNotFound", ErrorCategory.ObjectNotFound, target),
        HttpRequestException e => new ErrorRecord(e, "RegistryUnavailable", ErrorCategory.ConnectionError, target),
        TimeoutException e => new ErrorRecord(e, "TimedOut", ErrorCategory.OperationTimeout, target),
        FormatException e => new ErrorRecord(e, "InvalidValue", ErrorCategory.InvalidArgument, target),
        IOException e => new ErrorRecord(e, "InputOutputError", ErrorCategory.DeviceError, target),
        _ => new ErrorRecord(exception, exception.GetType().Name, ErrorCategory.NotSpecified, target),
    };

    private static ErrorCategory Category(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidArgument => ErrorCategory.InvalidArgument,
        ErrorKind.InvalidData => ErrorCategory.InvalidData,
        ErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        ErrorKind.AlreadyExists => ErrorCategory.ResourceExists,
        ErrorKind.InUse => ErrorCategory.ResourceBusy,
        ErrorKind.InvalidState => ErrorCategory.InvalidOperation,
        ErrorKind.PermissionDenied => ErrorCategory.PermissionDenied,
        ErrorKind.NotSupported => ErrorCategory.NotImplemented,
        ErrorKind.Unavailable => ErrorCategory.ResourceUnavailable,
        ErrorKind.AuthenticationFailed => ErrorCategory.AuthenticationError,
        ErrorKind.StorageFull => ErrorCategory.ResourceUnavailable,
        ErrorKind.Timeout => ErrorCategory.OperationTimeout,
        _ => ErrorCategory.NotSpecified,
    };
}
