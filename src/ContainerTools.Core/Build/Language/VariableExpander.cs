using System.Text;

namespace ContainerTools.Core.Build.Language;

/// <summary>
/// Expands variables as the build does: <c>$x</c>, <c>${x}</c> and the modifiers <c>:- - :+ + :? ? # ## % %% / //</c>, quotes, and escapes.
/// It is the shell's language without command substitution; what is not a variable stays.
/// </summary>
/// <remarks>One expander may expand one word after another, but not two at once.</remarks>
public sealed partial class VariableExpander
{
    private readonly Func<string, string?> _lookup;
    private readonly char _escape;
    private readonly HashSet<string> _undefined = [];
    private readonly HashSet<string> _used = [];
    private string _text = "";
    private int _at;
    private int _skipping;
    private int _depth;

    /// <summary>Makes an expander.</summary>
    /// <param name="lookup">The value of a variable; null when it is not set.</param>
    /// <param name="escape">The escape character of the Containerfile.</param>
    public VariableExpander(Func<string, string?> lookup, char escape = '\\')
    {
        ArgumentNullException.ThrowIfNull(lookup);
        _lookup = lookup;
        _escape = escape;
    }

    /// <summary>The variables without a value that were asked for so far, where no default stood for them.</summary>
    public IReadOnlyCollection<string> Undefined => _undefined;

    /// <summary>The variables with a value that were used so far.</summary>
    public IReadOnlyCollection<string> Used => _used;

    /// <summary>Expands a word: its quotes and escapes are gone, blanks stay.</summary>
    /// <param name="word">The word as written.</param>
    /// <exception cref="FormatException">A quote or brace is not closed, a modifier is not known, or a required variable is not set.</exception>
    public string Expand(string word)
    {
        Start(word);
        return ReadUntil('\0', null, false);
    }

    /// <summary>Expands a text and splits it at the blanks that are neither quoted nor escaped, those that came out of variables included.</summary>
    /// <param name="text">The text as written.</param>
    /// <exception cref="FormatException">As for <see cref="Expand"/>.</exception>
    public IReadOnlyList<string> ExpandWords(string text)
    {
        Start(text);
        var words = new WordList();
        ReadUntil('\0', words, false);
        return words.ToList();
    }

    /// <summary>
    /// Expands a heredoc's content as a shell does (POSIX.1-2024, Shell Command Language, Here-Document): quotes mean nothing, and a backslash escapes
    /// only <c>$</c>, <c>`</c>, itself and the end of a line, which then goes on. The escape character of the Containerfile does not matter.
    /// </summary>
    /// <param name="content">The lines.</param>
    /// <exception cref="FormatException">As for <see cref="Expand"/>.</exception>
    public string ExpandHeredoc(string content)
    {
        Start(content);
        var result = new StringBuilder();
        while (_at < _text.Length)
        {
            char c = _text[_at];
            char following = _at + 1 < _text.Length ? _text[_at + 1] : '\0';
            if (c == '\\' && following is '$' or '`' or '\\' or '\n')
            {
                _at += 2;
                if (following != '\n')
                    result.Append(following);
            }
            else if (c == '$')
            {
                result.Append(ReadVariable());
            }
            else
            {
                result.Append(c);
                _at++;
            }
        }

        return result.ToString();
    }

    private void Start(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
        _at = 0;
        _skipping = 0;
        _depth = 0;
    }

    // Reads to the stop character (which is consumed), or to the end. Patterns keep their escapes, because \* there is not *.
    private string ReadUntil(char stop, WordList? words, bool isPattern)
    {
        var result = new StringBuilder();
        while (_at < _text.Length)
        {
            char c = _text[_at];
            if (c == stop && stop != '\0')
            {
                _at++;
                return result.ToString();
            }

            string part;
            switch (c)
            {
                case '\'':
                    part = Quoted(ReadSingleQuoted(), isPattern);
                    words?.AddExactly(part);
                    break;
                case '"':
                    part = Quoted(ReadDoubleQuoted(), isPattern);
                    words?.AddExactly(part);
                    break;
                case '$':
                    part = ReadVariable();
                    words?.AddAndSplit(part);
                    break;
                case var _ when c == _escape:
                    _at++;
                    part = _at < _text.Length ? (isPattern ? c.ToString() : "") + _text[_at++] : isPattern ? c.ToString() : "";
                    words?.AddExactly(part);
                    break;
                default:
                    _at++;
                    part = c.ToString();
                    words?.AddAndSplit(part);
                    break;
            }

            result.Append(part);
        }

        return stop == '\0' ? result.ToString() : throw new FormatException($"'{stop}' is missing: ${{ is not closed in {_text}");
    }

    private string Quoted(string text, bool isPattern) => isPattern ? GlobPattern.Escape(text, _escape) : text;

    private string ReadSingleQuoted()
    {
        int end = _text.IndexOf('\'', _at + 1);
        if (end < 0)
            throw new FormatException($"a single quote is not closed in {_text}");
        string part = _text[(_at + 1)..end];
        _at = end + 1;
        return part;
    }

    private string ReadDoubleQuoted()
    {
        var result = new StringBuilder();
        for (_at++; _at < _text.Length;)
        {
            char c = _text[_at];
            if (c == '"')
            {
                _at++;
                return result.ToString();
            }

            if (c == '$')
            {
                result.Append(ReadVariable());
                continue;
            }

            // Inside double quotes only these can be escaped; before anything else the escape character stays.
            if (c == _escape && _at + 1 < _text.Length && (_text[_at + 1] is '"' or '$' || _text[_at + 1] == _escape))
                c = _text[++_at];
            result.Append(c);
            _at++;
        }

        throw new FormatException($"a double quote is not closed in {_text}");
    }
}
