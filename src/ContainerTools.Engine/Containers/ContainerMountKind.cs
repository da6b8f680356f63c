namespace ContainerTools;

/// <summary>What is mounted.</summary>
public enum ContainerMountKind
{
    /// <summary>A file or directory of the host.</summary>
    Bind,

    /// <summary>A volume.</summary>
    Volume,

    /// <summary>A file system in memory.</summary>
    TmpFs,

    /// <summary>The files of another image, which cannot be changed.</summary>
    Image,
}
