namespace ContainerTools.Core.Build.Language;

/// <summary>An instruction's text with its continuation lines joined, and where each part of it stands in the file.</summary>
internal sealed class LogicalLine
{
    private readonly List<(int Offset, int Line, int Column)> _parts;

    internal LogicalLine(string text, List<(int Offset, int Line, int Column)> parts, int endLine, IReadOnlyList<string> comments)
    {
        Text = text;
        _parts = parts;
        EndLine = endLine;
        Comments = comments;
    }

    internal string Text { get; }

    internal int StartLine => _parts[0].Line;

    /// <summary>The last line that was read for it, heredocs not included.</summary>
    internal int EndLine { get; }

    internal IReadOnlyList<string> Comments { get; }

    /// <summary>The range of <paramref name="length"/> characters from <paramref name="offset"/>; of one at least.</summary>
    internal SourceRange Range(int offset, int length)
    {
        var (startLine, startColumn) = Locate(offset);
        var (endLine, endColumn) = Locate(offset + Math.Max(length, 1) - 1);
        return new SourceRange(startLine, startColumn, endLine, endColumn);
    }

    private (int Line, int Column) Locate(int offset)
    {
        // The last part that begins at or before the offset; of parts without text the last, too.
        int part = 0;
        for (int low = 1, high = _parts.Count - 1; low <= high;)
        {
            int middle = (low + high) / 2;
            if (_parts[middle].Offset <= offset)
                (part, low) = (middle, middle + 1);
            else
                high = middle - 1;
        }

        return (_parts[part].Line, _parts[part].Column + offset - _parts[part].Offset);
    }
}
