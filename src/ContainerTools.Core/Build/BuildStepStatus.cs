namespace ContainerTools.Core.Build;

/// <summary>What a report of a build says.</summary>
public enum BuildStepStatus
{
    /// <summary>A step begins.</summary>
    Started,

    /// <summary>A step's result was there already.</summary>
    Cached,

    /// <summary>A step is done.</summary>
    Done,

    /// <summary>A line that a step's command has written to its standard output.</summary>
    Output,

    /// <summary>A line that a step's command has written to its standard error.</summary>
    ErrorOutput,

    /// <summary>Something that may be a mistake.</summary>
    Warning,
}
