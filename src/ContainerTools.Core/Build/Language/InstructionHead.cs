namespace ContainerTools.Core.Build.Language;

/// <summary>What all instructions begin with: the name, the flags, and the rest, which each of them reads for itself.</summary>
internal sealed class InstructionHead
{
    private readonly SourceText _source;

    internal InstructionHead(SourceText source, LogicalLine line, int offset, char escape)
    {
        _source = source;
        Line = line;
        Escape = escape;
        string text = line.Text;
        int end = offset;
        while (end < text.Length && !char.IsWhiteSpace(text[end]))
            end++;
        Keyword = new Token(text[offset..end], offset, end - offset);
        Name = Keyword.Text.ToUpperInvariant();
        Flags = WordSplitter.TakeFlags(new Token(text[end..], end, text.Length - end), escape, out var rest);
        string trimmed = rest.Text.TrimEnd();
        Arguments = new Token(trimmed, rest.Offset, trimmed.Length);
    }

    internal LogicalLine Line { get; }

    internal char Escape { get; }

    internal Token Keyword { get; }

    /// <summary>The keyword in upper case.</summary>
    internal string Name { get; }

    internal IReadOnlyList<Token> Flags { get; }

    /// <summary>What follows the flags, without blanks around it.</summary>
    internal Token Arguments { get; }

    /// <summary>An error about a part of the instruction.</summary>
    internal ContainerfileException Error(string errorId, string problem, Token where) => _source.Error(errorId, problem, Line.Range(where.Offset, where.Length));

    /// <summary>An error about the instruction's arguments, or about its name when it has none.</summary>
    internal ContainerfileException ArgumentError(string problem) =>
        Error("ContainerfileArguments", problem, Arguments.Length > 0 ? Arguments : Keyword);

    /// <summary>The arguments, of which there must be some.</summary>
    internal Token RequireArguments(string usage) => Arguments.Length > 0 ? Arguments : throw ArgumentError($"{Name} needs arguments: {usage}");
}
