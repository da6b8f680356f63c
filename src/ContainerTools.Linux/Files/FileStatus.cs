namespace ContainerTools.Linux.Files;

/// <summary>What statx(2) says of a file.</summary>
public readonly record struct FileStatus
{
    /// <summary>The kind of file.</summary>
    public FileType Type { get; init; }

    /// <summary>Permission bits with setuid, setgid and sticky: the low twelve bits.</summary>
    public uint Mode { get; init; }

    /// <summary>The owner's number.</summary>
    public uint UserId { get; init; }

    /// <summary>The group's number.</summary>
    public uint GroupId { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>512-byte blocks taken on disk.</summary>
    public long Blocks { get; init; }

    /// <summary>The inode's number.</summary>
    public ulong Inode { get; init; }

    /// <summary>The file system's device, major and minor in one: unique together with the inode.</summary>
    public ulong Device { get; init; }

    /// <summary>How many names it has.</summary>
    public uint LinkCount { get; init; }

    /// <summary>A device node's major number.</summary>
    public uint NodeMajor { get; init; }

    /// <summary>A device node's minor number.</summary>
    public uint NodeMinor { get; init; }

    /// <summary>Last access.</summary>
    public FileTime AccessTime { get; init; }

    /// <summary>Last change of its content.</summary>
    public FileTime ModifyTime { get; init; }

    /// <summary>Last change of its inode.</summary>
    public FileTime ChangeTime { get; init; }

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => Type == FileType.Directory;

    /// <summary>Whether overlayfs takes it for a whiteout: a character device 0/0.</summary>
    public bool IsWhiteout => Type == FileType.CharacterDevice && NodeMajor == 0 && NodeMinor == 0;
}
