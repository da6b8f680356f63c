namespace ContainerTools.Engine;

/// <summary>What sort of thing went wrong: the shell turns it into an error category, the command line into an exit code.</summary>
public enum ErrorKind
{
    /// <summary>The caller asked for something that makes no sense.</summary>
    InvalidArgument,

    /// <summary>Input from elsewhere (an image, an archive, a file in the store) is malformed or hostile.</summary>
    InvalidData,

    /// <summary>What was named does not exist.</summary>
    NotFound,

    /// <summary>The name is taken.</summary>
    AlreadyExists,

    /// <summary>Something else still needs it.</summary>
    InUse,

    /// <summary>It exists, but its state does not allow this now.</summary>
    InvalidState,

    /// <summary>The kernel or a server refused for lack of rights.</summary>
    PermissionDenied,

    /// <summary>This kernel, file system, server or version cannot do it.</summary>
    NotSupported,

    /// <summary>A server or service could not be reached.</summary>
    Unavailable,

    /// <summary>Credentials are missing or wrong.</summary>
    AuthenticationFailed,

    /// <summary>The disk or a quota is full.</summary>
    StorageFull,

    /// <summary>It took longer than was allowed.</summary>
    Timeout,

    /// <summary>Anything else: a bug, or a system call that should not have failed.</summary>
    Internal,
}
