namespace ContainerTools.Core.Registry;

/// <summary>How a blob came to be in a repository.</summary>
internal enum BlobUploadOutcome
{
    /// <summary>It was there.</summary>
    Existed,

    /// <summary>The registry took it from another of its repositories.</summary>
    Mounted,

    /// <summary>It was sent.</summary>
    Uploaded,
}
