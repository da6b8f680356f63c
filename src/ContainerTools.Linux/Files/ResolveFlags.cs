namespace ContainerTools.Linux.Files;

/// <summary>How openat2(2) may walk a path.</summary>
[Flags]
public enum ResolveFlags : ulong
{
    /// <summary>As openat(2) does.</summary>
    None = 0,

    /// <summary>Fail with EXDEV where the path crosses a mount point.</summary>
    NoCrossDevice = 0x01,

    /// <summary>Don't follow magic links (as in /proc/self/fd).</summary>
    NoMagicLinks = 0x02,

    /// <summary>Fail with ELOOP at any symbolic link.</summary>
    NoSymbolicLinks = 0x04,

    /// <summary>Fail with EXDEV where the path, or a symbolic link in it, leaves the starting directory; absolute links do.</summary>
    Beneath = 0x08,

    /// <summary>The starting directory is the root: absolute links and <c>..</c> stay within it.</summary>
    InRoot = 0x10,
}
