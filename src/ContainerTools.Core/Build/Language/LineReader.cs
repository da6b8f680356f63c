using System.Text;

namespace ContainerTools.Core.Build.Language;

/// <summary>
/// Reads a Containerfile by instruction: joins continuation lines, drops comments (those between continuation lines too), and reads heredocs.
/// </summary>
internal sealed class LineReader
{
    private readonly SourceText _source;
    private readonly char _escape;
    private int _next;

    internal LineReader(SourceText source, char escape, int firstLine = 1)
    {
        _next = firstLine;
        _source = source;
        _escape = escape;
    }

    /// <summary>The instructions in which an empty line follows a continuation: the line.</summary>
    internal List<int> EmptyContinuations { get; } = [];

    /// <summary>The next instruction, or null at the end.</summary>
    internal LogicalLine? ReadInstruction()
    {
        var comments = new List<string>();
        for (; _next <= _source.Lines.Count; _next++)
        {
            string line = _source.Line(_next).TrimStart();
            if (line.Length == 0)
            {
                comments.Clear();
            }
            else if (line[0] != '#')
            {
                // The escape character alone on the first line starts an instruction that says nothing yet.
                return Join(comments);
            }
            else if (line[1..].Trim() is { Length: > 0 } comment)
            {
                comments.Add(comment);
            }
            else
            {
                comments.Clear();
            }
        }

        return null;
    }

    /// <summary>Reads the lines up to the delimiter.</summary>
    /// <param name="word">What stood after <c>&lt;&lt;</c>.</param>
    /// <param name="owner">The instruction.</param>
    /// <param name="rawContent">The lines with their leading tabs.</param>
    internal Heredoc ReadHeredoc(HeredocWord word, LogicalLine owner, out string rawContent)
    {
        int first = _next;
        // A heredoc is text: where the file's lines end with CR LF, its lines do not hold the CR.
        bool windowsLines = _source.Raw(owner.StartLine).EndsWith('\r');
        var raw = new StringBuilder();
        var content = new StringBuilder();
        for (; _next <= _source.Lines.Count; _next++)
        {
            _source.RequireDecoded(_next);
            string line = _source.Line(_next);
            if ((word.StripTabs ? line.TrimStart('\t') : line) == word.Name)
            {
                _next++;
                rawContent = raw.ToString();
                return new Heredoc
                {
                    Name = word.Name,
                    Descriptor = word.Descriptor,
                    StripTabs = word.StripTabs,
                    Expand = word.Expand,
                    Content = content.ToString(),
                    Range = new SourceRange(first, 1, Math.Max(first, _next - 2), _next - 2 < first ? 1 : Math.Max(1, _source.Line(_next - 2).Length)),
                };
            }

            line = windowsLines ? line : _source.Raw(_next);
            raw.Append(line).Append('\n');
            content.Append(word.StripTabs ? line.TrimStart('\t') : line).Append('\n');
        }

        throw _source.Error("ContainerfileHeredocUnterminated",
            $"the heredoc is not ended: no line below is {word.Name} alone{(word.StripTabs ? "" : ", without spaces or tabs around it")}",
            owner.Range(word.Offset, word.Length));
    }

    /// <summary>The last line read so far.</summary>
    internal int LastLine => _next - 1;

    private LogicalLine Join(List<string> comments)
    {
        var text = new StringBuilder();
        var parts = new List<(int, int, int)>();
        bool first = true;
        bool more = true;
        int last = _next;
        for (; more && _next <= _source.Lines.Count; _next++)
        {
            string line = _source.Line(_next);
            string trimmed = line.TrimStart();
            if (!first && trimmed.StartsWith('#'))
                continue;
            if (!first && trimmed.Length == 0)
            {
                EmptyContinuations.Add(_next);
                continue;
            }

            _source.RequireDecoded(_next);
            string part = first ? trimmed : line;
            more = EndsWithContinuation(part, out int length);
            parts.Add((text.Length, _next, line.Length - part.Length + 1));
            text.Append(part, 0, length);
            first = false;
            last = _next;
        }

        return new LogicalLine(text.ToString(), parts, last, [.. comments]);
    }

    // The escape character at the end continues the line, unless another one stands before it; blanks after it do not count.
    private bool EndsWithContinuation(string line, out int length)
    {
        string trimmed = line.TrimEnd(' ', '\t');
        bool continues = trimmed.EndsWith(_escape) && !(trimmed.Length > 1 && trimmed[^2] == _escape);
        length = continues ? trimmed.Length - 1 : line.Length;
        return continues;
    }
}
