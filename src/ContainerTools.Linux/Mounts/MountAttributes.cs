namespace ContainerTools.Linux.Mounts;

/// <summary>Attributes of one mount, as mount_setattr(2) and fsmount(2) take them (MOUNT_ATTR_*).</summary>
[Flags]
public enum MountAttributes : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Read-only.</summary>
    ReadOnly = 0x1,

    /// <summary>Set-user-id bits and file capabilities have no effect.</summary>
    NoSetUid = 0x2,

    /// <summary>Device nodes cannot be opened.</summary>
    NoDevices = 0x4,

    /// <summary>Programs cannot be executed.</summary>
    NoExecute = 0x8,

    /// <summary>The set of access-time flags, to be cleared before one of them is set (MOUNT_ATTR__ATIME).</summary>
    AccessTimeMask = 0x70,

    /// <summary>Access times are not updated.</summary>
    NoAccessTime = 0x10,

    /// <summary>Access times are always updated.</summary>
    StrictAccessTime = 0x20,

    /// <summary>Directories' access times are not updated.</summary>
    NoDirectoryAccessTime = 0x80,

    /// <summary>Ids are mapped by a user namespace.</summary>
    IdMap = 0x100000,

    /// <summary>Symbolic links are not followed.</summary>
    NoSymbolicLinks = 0x200000,
}
