namespace ContainerTools.Engine.Layers;

/// <summary>What a tar entry is; the values are the header's type flags (POSIX ustar, GNU).</summary>
public enum TarEntryType
{
    /// <summary>A regular file.</summary>
    File = '0',

    /// <summary>Another name for a file earlier in the archive.</summary>
    HardLink = '1',

    /// <summary>A symbolic link.</summary>
    SymbolicLink = '2',

    /// <summary>A character device.</summary>
    CharacterDevice = '3',

    /// <summary>A block device.</summary>
    BlockDevice = '4',

    /// <summary>A directory.</summary>
    Directory = '5',

    /// <summary>A FIFO.</summary>
    Fifo = '6',
}
