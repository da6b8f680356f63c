namespace ContainerTools.Core.Build.Language;

/// <summary>A here-document: the lines after an instruction up to its delimiter.</summary>
public sealed record Heredoc
{
    /// <summary>The delimiter, without quotes; for COPY and ADD the name of the file it makes.</summary>
    public required string Name { get; init; }

    /// <summary>The number of the descriptor before <c>&lt;&lt;</c>, 0 when none is written.</summary>
    public int Descriptor { get; init; }

    /// <summary>The lines, each ended by <c>\n</c>; leading tabs are gone when <see cref="StripTabs"/> is set.</summary>
    public required string Content { get; init; }

    /// <summary>True for <c>&lt;&lt;-</c>: leading tabs of each line, and of the delimiter's, do not count.</summary>
    public bool StripTabs { get; init; }

    /// <summary>True when the delimiter is not quoted, so that COPY and ADD expand variables in the content.</summary>
    public bool Expand { get; init; }

    /// <summary>Where the content stands, without the delimiter's line.</summary>
    public required SourceRange Range { get; init; }
}
