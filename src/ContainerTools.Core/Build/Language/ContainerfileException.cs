using ContainerTools.Engine;

namespace ContainerTools.Core.Build.Language;

/// <summary>What is wrong in a Containerfile, and where.</summary>
public sealed class ContainerfileException : ContainerToolsException
{
    /// <summary>Makes an error.</summary>
    /// <param name="errorId">PascalCase and specific, such as <c>ContainerfileUnknownInstruction</c>.</param>
    /// <param name="problem">What is wrong and what to do, without the place.</param>
    /// <param name="fileName">The file's name.</param>
    /// <param name="range">Where in it.</param>
    /// <param name="lineText">The text of the first line of <paramref name="range"/>.</param>
    /// <param name="inner">What caused it.</param>
    public ContainerfileException(string errorId, string problem, string fileName, SourceRange range, string lineText, Exception? inner = null)
        : base(errorId, ErrorKind.InvalidData, Describe(problem, fileName, range, lineText), fileName, inner)
    {
        Problem = problem;
        FileName = fileName;
        Range = range;
        LineText = lineText;
    }

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; }

    /// <summary>The file's name.</summary>
    public string FileName { get; }

    /// <summary>The place.</summary>
    public SourceRange Range { get; }

    /// <summary>The line, from 1.</summary>
    public int Line => Range.StartLine;

    /// <summary>The column, from 1.</summary>
    public int Column => Range.StartColumn;

    /// <summary>The text of that line.</summary>
    public string LineText { get; }

    private static string Describe(string problem, string fileName, SourceRange range, string lineText)
        => $"{fileName}:{range}: {problem}" + (lineText.Trim().Length == 0 ? "" : $"\n    {Shorten(lineText)}");

    private static string Shorten(string line) => line.Trim() is { Length: > 200 } text ? text[..200] + "..." : line.Trim();
}
