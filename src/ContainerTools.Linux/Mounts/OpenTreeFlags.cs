namespace ContainerTools.Linux.Mounts;

/// <summary>What open_tree(2) opens.</summary>
[Flags]
public enum OpenTreeFlags : uint
{
    /// <summary>A path descriptor of the mount as it is attached.</summary>
    None = 0,

    /// <summary>A detached copy of the mount (OPEN_TREE_CLONE).</summary>
    Clone = 1,

    /// <summary>With the mounts below it (AT_RECURSIVE).</summary>
    Recursive = 0x8000,

    /// <summary>The path is empty: the directory descriptor itself is meant (AT_EMPTY_PATH).</summary>
    EmptyPath = 0x1000,
}
