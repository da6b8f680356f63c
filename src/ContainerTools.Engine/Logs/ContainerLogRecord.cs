namespace ContainerTools;

/// <summary>One line that a container wrote.</summary>
/// <param name="Time">When the monitor read the line's first byte.</param>
/// <param name="Stream">Where it was written to.</param>
/// <param name="Message">The line without its end. What is not UTF-8 is replaced by U+FFFD.</param>
public sealed record ContainerLogRecord(DateTimeOffset Time, ContainerStream Stream, string Message)
{
    /// <summary>Id of the container.</summary>
    public string? ContainerId { get; init; }

    /// <summary>Name of the container.</summary>
    public string? ContainerName { get; init; }

    /// <summary>Whether the line's end is missing: the last thing a program wrote, or a line cut because of its length.</summary>
    public bool Partial { get; init; }

    /// <summary>The message.</summary>
    public override string ToString() => Message;
}
