namespace ContainerTools.Engine.Rootless;

/// <summary>What a <see cref="TreeServer"/> can be asked for. Each request is one message: this, the number of an open directory, and bytes.</summary>
internal enum TreeRequest : byte
{
    /// <summary>Mount layers, whose paths end in NUL each, the base first; the answer's number is the directory's.</summary>
    Mount,

    /// <summary>Open a directory below another; the answer's number is its own.</summary>
    OpenDirectory,

    /// <summary>Close a directory. There is no answer.</summary>
    Close,

    /// <summary>Say what is at a path.</summary>
    Status,

    /// <summary>List a directory: of each entry what it is, whether it has extended attributes, and its name.</summary>
    List,

    /// <summary>Open a file, without links in its path.</summary>
    OpenFile,

    /// <summary>Open a file through links.</summary>
    Follow,

    /// <summary>Read a symbolic link.</summary>
    Link,

    /// <summary>Read extended attributes.</summary>
    Attributes,
}
