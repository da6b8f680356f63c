using ContainerTools.Linux;

namespace ContainerTools.Engine;

/// <summary>
/// An error that a user is meant to read. The message says what was asked for, what was found, and what to do; the id is stable, so that scripts can
/// test for it.
/// </summary>
public class ContainerToolsException : Exception
{
    /// <summary>Makes an error.</summary>
    /// <param name="errorId">PascalCase and specific, such as <c>ImageNotFound</c>.</param>
    /// <param name="kind">What sort of error it is.</param>
    /// <param name="message">What was asked for, what was found, what to do.</param>
    /// <param name="target">The object or name the error is about.</param>
    /// <param name="inner">What caused it.</param>
    public ContainerToolsException(string errorId, ErrorKind kind, string message, object? target = null, Exception? inner = null)
        : base(message, inner)
    {
        ErrorId = errorId;
        Kind = kind;
        Target = target;
    }

    /// <summary>The stable id, PascalCase.</summary>
    public string ErrorId { get; }

    /// <summary>What sort of error it is.</summary>
    public ErrorKind Kind { get; }

    /// <summary>The object or name the error is about.</summary>
    public object? Target { get; }

    /// <summary>
    /// Turns an I/O error into one for the user: a full disk becomes <c>StorageFull</c>, a refusal <see cref="ErrorKind.PermissionDenied"/>, anything
    /// else keeps <paramref name="errorId"/> with <see cref="ErrorKind.Internal"/>.
    /// </summary>
    /// <param name="exception">What the system said.</param>
    /// <param name="errorId">The id unless the disk is full.</param>
    /// <param name="what">What was being done, as the beginning of a sentence: "Layer sha256:... could not be unpacked".</param>
    /// <param name="target">The object or name the error is about.</param>
    public static ContainerToolsException FromIO(Exception exception, string errorId, string what, object? target = null)
    {
        int errno = (exception as LinuxException)?.Errno ?? ((exception as IOException)?.HResult is { } code and > 0 and < 4096 ? code : 0);
        return errno switch
        {
            Errno.ENOSPC => new("StorageFull", ErrorKind.StorageFull, $"{what}: no space is left on the device. Free some space and try again.", target, exception),
            Errno.EDQUOT => new("StorageFull", ErrorKind.StorageFull, $"{what}: the disk quota is used up. Free some space and try again.", target, exception),
            Errno.EACCES or Errno.EPERM or Errno.EROFS => new(errorId, ErrorKind.PermissionDenied, $"{what}: {exception.Message}", target, exception),
            _ when exception is UnauthorizedAccessException => new(errorId, ErrorKind.PermissionDenied, $"{what}: {exception.Message}", target, exception),
            _ => new(errorId, ErrorKind.Internal, $"{what}: {exception.Message}", target, exception),
        };
    }
}
