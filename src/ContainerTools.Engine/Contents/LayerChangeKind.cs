namespace ContainerTools.Engine.Contents;

/// <summary>How an entry of a writable layer stands to the image below.</summary>
internal enum LayerChangeKind
{
    /// <summary>The image has nothing of its name.</summary>
    Added,

    /// <summary>It is not as in the image.</summary>
    Modified,

    /// <summary>The image has it, and a whiteout hides it.</summary>
    Deleted,

    /// <summary>The image has it, and it is gone because a directory above it was removed and made anew.</summary>
    Hidden,

    /// <summary>It is as in the image, but a layer must have it: there are changes in it, it has a second name, or a directory above it was made anew.</summary>
    Same,

    /// <summary>A directory of which only the time is another.</summary>
    Touched,
}
