namespace ContainerTools;

/// <summary>A file or directory of a container that is not as in its image.</summary>
public sealed class FileChange
{
    /// <summary>The container's name.</summary>
    public string Container { get; init; } = "";

    /// <summary>The container's id.</summary>
    public string ContainerId { get; init; } = "";

    /// <summary>What happened to it.</summary>
    public FileChangeKind Kind { get; init; }

    /// <summary>Its absolute path inside. Bytes that are no UTF-8 show as replacement characters, control characters as <c>?</c>.</summary>
    public string Path { get; init; } = "";

    /// <summary>Whether it is a directory (was one, if it is deleted).</summary>
    public bool IsDirectory { get; init; }

    /// <summary>Bytes of a regular file, in the image if it is deleted; 0 for anything else.</summary>
    public long Size { get; init; }

    /// <summary>When its content last changed.</summary>
    public DateTimeOffset ModifiedAt { get; init; }

    /// <summary>Kind and path.</summary>
    public override string ToString() => $"{Kind} {Path}";
}
