namespace ContainerTools.Core.Build.Language;

/// <summary>One instruction of a Containerfile. A field that may hold variables is as written until the scope of its stage expands it.</summary>
public abstract record Instruction
{
    /// <summary>Its name in upper case, such as <c>RUN</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Its name as written.</summary>
    public string Keyword { get; init; } = "";

    /// <summary>Where it stands, heredocs included.</summary>
    public SourceRange Range { get; init; }

    /// <summary>Its text as written: continuation lines, comments between them and heredocs included, lines joined by <c>\n</c>.</summary>
    public string Text { get; init; } = "";

    /// <summary>Its text on one line, as a history entry or a progress line shows it: continuations joined, comments gone, heredocs not included.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The comment lines directly above it, without <c>#</c>: a description of a stage or an argument, or <c>check=skip=...</c> for it alone.</summary>
    public IReadOnlyList<string> Comments { get; init; } = [];
}
