namespace ContainerTools.Core.Build.Language;

/// <summary>What <c>RUN --mount=type=</c> names.</summary>
public enum RunMountType
{
    /// <summary>Files of the context, of a stage or of an image; read-only unless told otherwise, and what is written is discarded.</summary>
    Bind,

    /// <summary>A directory that outlives the build.</summary>
    Cache,

    /// <summary>An empty file system in memory.</summary>
    TmpFs,

    /// <summary>A secret given to the build, as a file or an environment variable.</summary>
    Secret,

    /// <summary>An SSH agent's socket.</summary>
    Ssh,
}
