namespace ContainerTools.Core.Build.Language;

/// <summary>A part of a Containerfile: lines and columns from 1, columns in UTF-16 characters, the end inclusive of the last character.</summary>
/// <param name="StartLine">The first line.</param>
/// <param name="StartColumn">The first character's column.</param>
/// <param name="EndLine">The last line.</param>
/// <param name="EndColumn">The last character's column.</param>
public readonly record struct SourceRange(int StartLine, int StartColumn, int EndLine, int EndColumn)
{
    /// <summary>The first line and column: <c>12:5</c>.</summary>
    public override string ToString() => $"{StartLine}:{StartColumn}";
}
