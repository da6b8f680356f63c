namespace ContainerTools;

/// <summary>Which of a container's outputs.</summary>
public enum ContainerStream
{
    /// <summary>Standard output.</summary>
    Output,

    /// <summary>Standard error.</summary>
    Error,
}
