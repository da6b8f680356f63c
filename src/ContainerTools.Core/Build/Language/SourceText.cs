using System.Text;

namespace ContainerTools.Core.Build.Language;

/// <summary>A Containerfile's lines, decoded, and errors that point into them.</summary>
internal sealed class SourceText
{
    private static readonly UTF8Encoding s_strict = new(false, true);
    private readonly string[] _raw;
    private readonly HashSet<int> _undecodable = [];

    private SourceText(string fileName, string[] raw)
    {
        FileName = fileName;
        _raw = raw;
        Lines = Array.ConvertAll(raw, l => l.TrimEnd('\r'));
    }

    internal string FileName { get; }

    /// <summary>The lines without their ends; line 1 is the first.</summary>
    internal IReadOnlyList<string> Lines { get; }

    /// <summary>A line with the carriage return it may end with.</summary>
    internal string Raw(int line) => _raw[line - 1];

    internal string Line(int line) => line >= 1 && line <= Lines.Count ? Lines[line - 1] : "";

    internal static SourceText FromString(string text, string fileName)
    {
        text = text.Length > 0 && text[0] == '\uFEFF' ? text[1..] : text;
        string[] lines = text.Split('\n');
        return new SourceText(fileName, lines[^1].Length == 0 ? lines[..^1] : lines);
    }

    internal static SourceText Decode(ReadOnlySpan<byte> content, string fileName)
    {
        if (content is [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..] || (content.Length >= 2 && content[..Math.Min(content.Length, 4)].Contains((byte)0)))
            throw NotText(fileName, "is UTF-16 or UTF-32 text", new SourceRange(1, 1, 1, 1));
        if (content is [0xEF, 0xBB, 0xBF, ..])
            content = content[3..];
        int nul = content.IndexOf((byte)0);
        if (nul >= 0)
        {
            int line = content[..nul].Count((byte)'\n') + 1;
            int column = nul - content[..nul].LastIndexOf((byte)'\n');
            throw NotText(fileName, $"is not text: line {line} holds a NUL byte", new SourceRange(line, column, line, column));
        }

        try
        {
            return FromString(s_strict.GetString(content), fileName);
        }
        catch (DecoderFallbackException)
        {
            return DecodeByLine(content, fileName);
        }
    }

    /// <summary>An instruction must be exact; a comment in another encoding, as older files have, harms nobody.</summary>
    internal void RequireDecoded(int line)
    {
        if (_undecodable.Contains(line))
        {
            int column = Line(line).IndexOf('\uFFFD', StringComparison.Ordinal) + 1;
            throw Error("ContainerfileEncoding", "the line is not valid UTF-8: save the file as UTF-8", new SourceRange(line, column, line, column));
        }
    }

    internal ContainerfileException Error(string errorId, string problem, SourceRange range, Exception? inner = null) =>
        new(errorId, problem, FileName, range, Line(range.StartLine), inner);

    private static SourceText DecodeByLine(ReadOnlySpan<byte> content, string fileName)
    {
        var source = FromString(Encoding.UTF8.GetString(content), fileName);
        int line = 0;
        foreach (var part in content.Split((byte)'\n'))
        {
            line++;
            try
            {
                s_strict.GetCharCount(content[part]);
            }
            catch (DecoderFallbackException)
            {
                source._undecodable.Add(line);
            }
        }

        return source;
    }

    private static ContainerfileException NotText(string fileName, string what, SourceRange range) => new(
        "ContainerfileEncoding", $"the file {what}; save it as UTF-8, for example with Set-Content -Encoding utf8", fileName, range, "");
}
