namespace ContainerTools.Engine.Containers;

/// <summary>Who is there when a container is started.</summary>
internal sealed class ContainerAttachment
{
    /// <summary>What becomes the container's standard input, if that can be fed; -1 for /dev/null.</summary>
    public int Input { get; init; } = -1;

    /// <summary>Whether the container ends and is removed with this process.</summary>
    public bool Bound { get; init; }

    /// <summary>A socket that awaits the container's terminal, or its output; null when nobody works with it.</summary>
    public string? ConsoleSocket { get; init; }

    /// <summary>Whether the socket awaits what the container writes to its standard output.</summary>
    public bool RawOutput { get; init; }

    /// <summary>The terminal's size in characters.</summary>
    public (int Rows, int Columns)? Size { get; init; }
}
