namespace ContainerTools.Core.Build.Output;

/// <summary>What a build can come to, beside or instead of an image in the store.</summary>
public enum BuildOutputKind
{
    /// <summary>A directory with the image's files, which are the caller's own.</summary>
    Local,

    /// <summary>A tar of the image's files, with their owners.</summary>
    Tar,

    /// <summary>An archive of the image: an OCI image layout in a tar.</summary>
    Oci,

    /// <summary>An archive of the image that <c>docker load</c> reads.</summary>
    Docker,
}
