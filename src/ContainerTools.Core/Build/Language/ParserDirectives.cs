namespace ContainerTools.Core.Build.Language;

/// <summary>The parser directives at the top of a Containerfile.</summary>
public sealed record ParserDirectives
{
    /// <summary>The value of <c># syntax=</c>, such as <c>docker/dockerfile:1</c>; or null. It is kept for information: no frontend image is run.</summary>
    public string? Syntax { get; init; }

    /// <summary>The escape character: <c>\\</c> or <c>`</c>.</summary>
    public char Escape { get; init; } = '\\';

    /// <summary>The value of <c># check=</c> as written; or null.</summary>
    public string? Check { get; init; }

    /// <summary>The rules that <c># check=skip=</c> turns off, as written.</summary>
    public IReadOnlyList<string> SkippedRules { get; init; } = [];

    /// <summary>True when <c># check=skip=all</c> turns off every rule.</summary>
    public bool SkipAllRules { get; init; }

    /// <summary>True when <c># check=error=true</c> makes a warning fail the build.</summary>
    public bool ErrorOnWarning { get; init; }

    /// <summary>The experimental rules that <c># check=experimental=</c> turns on, as written; <c>all</c> is among them for all.</summary>
    public IReadOnlyList<string> ExperimentalRules { get; init; } = [];
}
