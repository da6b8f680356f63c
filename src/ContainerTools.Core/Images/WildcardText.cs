namespace ContainerTools.Core.Images;

/// <summary>PowerShell's wildcards (<c>* ? [a-z]</c>, a backtick quotes), for names: case does not matter.</summary>
internal static class WildcardText
{
    internal static bool HasWildcards(string pattern) => pattern.AsSpan().ContainsAny('*', '?', '[');

    internal static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        // Going back to the last star only is enough: what an earlier one could match more, the last one can too.
        int p = 0, t = 0, starPattern = -1, starText = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                starPattern = ++p;
                starText = t;
            }
            else if (p < pattern.Length && MatchOne(pattern, p, text[t], out int next))
            {
                p = next;
                t++;
            }
            else if (starPattern >= 0)
            {
                p = starPattern;
                t = ++starText;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }

    private static bool MatchOne(ReadOnlySpan<char> pattern, int p, char c, out int next)
    {
        next = p + 1;
        switch (pattern[p])
        {
            case '?':
                return true;
            case '`' when p + 1 < pattern.Length:
                next = p + 2;
                return Same(pattern[p + 1], c);
            case '[':
                int close = pattern[(p + 1)..].IndexOf(']');
                if (close <= 0)
                {
                    return c == '[';
                }

                next = p + close + 2;
                return InSet(pattern.Slice(p + 1, close), char.ToLowerInvariant(c));
            default:
                return Same(pattern[p], c);
        }
    }

    private static bool InSet(ReadOnlySpan<char> set, char c)
    {
        for (int i = 0; i < set.Length; i++)
        {
            char low = char.ToLowerInvariant(set[i]);
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                if (c >= low && c <= char.ToLowerInvariant(set[i + 2]))
                {
                    return true;
                }

                i += 2;
            }
            else if (c == low)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
