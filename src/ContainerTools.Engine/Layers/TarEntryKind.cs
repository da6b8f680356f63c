namespace ContainerTools.Engine.Layers;

/// <summary>What a tar entry describes.</summary>
public enum TarEntryKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>Another name of an earlier file.</summary>
    HardLink,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>A character device.</summary>
    CharacterDevice,

    /// <summary>A block device.</summary>
    BlockDevice,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A fifo.</summary>
    Fifo,

    /// <summary>A type that this reader does not know; its content can be read or skipped.</summary>
    Unknown,
}
