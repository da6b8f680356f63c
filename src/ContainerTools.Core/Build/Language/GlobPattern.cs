using System.Text;

namespace ContainerTools.Core.Build.Language;

/// <summary>The patterns of variable modifiers: <c>*</c> any text, <c>?</c> any character, and an escaped character itself. No brackets.</summary>
internal sealed class GlobPattern
{
    private const char AnyText = '\uFDD0';
    private const char AnyCharacter = '\uFDD1';
    private readonly string _pattern;

    private GlobPattern(string pattern) => _pattern = pattern;

    /// <summary>Reads a pattern; noncharacters of Unicode stand for its wildcards from here on.</summary>
    internal static GlobPattern Parse(string text, char escape)
    {
        var pattern = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == escape && i + 1 < text.Length)
                pattern.Append(text[++i]);
            else if (c == '*')
                pattern.Append(AnyText);
            else
                pattern.Append(c == '?' ? AnyCharacter : c);
        }

        return new GlobPattern(pattern.ToString());
    }

    /// <summary>Makes text that stood in quotes mean itself in a pattern.</summary>
    internal static string Escape(string text, char escape)
    {
        var pattern = new StringBuilder();
        foreach (char c in text)
            pattern.Append(c is '*' or '?' || c == escape ? escape.ToString() : "").Append(c);
        return pattern.ToString();
    }

    internal string TrimStart(string value, bool longest)
    {
        var ends = Ends(value, 0);
        return ends.Count == 0 ? value : value[(longest ? ends[^1] : ends[0])..];
    }

    internal string TrimEnd(string value, bool longest)
    {
        for (int i = 0; i <= value.Length; i++)
        {
            int start = longest ? i : value.Length - i;
            if (Ends(value, start) is [.., var end] && end == value.Length)
                return value[..start];
        }

        return value;
    }

    internal string Replace(string value, string replacement, bool all)
    {
        if (_pattern.Length == 0)
            return value;
        var result = new StringBuilder();
        int at = 0;
        bool done = false;
        while (at < value.Length)
        {
            var ends = done ? [] : Ends(value, at);
            if (ends.Count == 0 || ends[^1] == at)
            {
                result.Append(value[at++]);
                continue;
            }

            result.Append(replacement);
            at = ends[^1];
            done = !all;
        }

        return result.ToString();
    }

    // Where a match that begins at start may end, in order: the pattern's states are advanced together, so that no pattern takes long.
    private List<int> Ends(string value, int start)
    {
        var ends = new List<int>();
        var states = new bool[_pattern.Length + 1];
        states[0] = true;
        for (int at = start; ; at++)
        {
            for (int s = 0; s < _pattern.Length; s++)
            {
                if (states[s] && _pattern[s] == AnyText)
                    states[s + 1] = true;
            }

            if (states[^1])
                ends.Add(at);
            if (at == value.Length)
                return ends;
            bool alive = false;
            for (int s = _pattern.Length; s >= 0; s--)
            {
                bool stays = s < _pattern.Length && states[s] && _pattern[s] == AnyText;
                bool arrives = s > 0 && states[s - 1] && (_pattern[s - 1] == AnyCharacter || (_pattern[s - 1] != AnyText && _pattern[s - 1] == value[at]));
                states[s] = stays || arrives;
                alive |= states[s];
            }

            if (!alive)
                return ends;
        }
    }
}
