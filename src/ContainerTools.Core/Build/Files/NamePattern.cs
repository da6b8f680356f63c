namespace ContainerTools.Core.Build.Files;

/// <summary>A pattern for one name, as Go's path/filepath.Match has it: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[^a]</c>, and <c>\</c> before what is to be taken as it is.</summary>
internal static class NamePattern
{
    /// <summary>Whether a name matches.</summary>
    internal static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        while (!pattern.IsEmpty)
        {
            if (pattern[0] == '*')
            {
                pattern = pattern.TrimStart('*');
                for (int i = 0; i <= name.Length; i++)
                {
                    if (Matches(pattern, name[i..]))
                    {
                        return true;
                    }
                }

                return false;
            }

            if (name.IsEmpty || !MatchesOne(ref pattern, name[0]))
            {
                return false;
            }

            name = name[1..];
        }

        return name.IsEmpty;
    }

    private static bool MatchesOne(ref ReadOnlySpan<char> pattern, char c)
    {
        switch (pattern[0])
        {
            case '?':
                pattern = pattern[1..];
                return true;
            case '[' when pattern[1..].IndexOf(']') > 0:
                return MatchesClass(ref pattern, c);
            case '\\' when pattern.Length > 1:
                pattern = pattern[1..];
                break;
        }

        bool same = pattern[0] == c;
        pattern = pattern[1..];
        return same;
    }

    private static bool MatchesClass(ref ReadOnlySpan<char> pattern, char c)
    {
        int end = pattern[1..].IndexOf(']') + 1;
        var set = pattern[1..end];
        pattern = pattern[(end + 1)..];
        bool negated = set[0] is '^' or '!';
        set = negated ? set[1..] : set;
        bool found = false;
        while (!set.IsEmpty)
        {
            if (set.Length >= 3 && set[1] == '-')
            {
                found |= c >= set[0] && c <= set[2];
                set = set[3..];
            }
            else
            {
                found |= set[0] == c;
                set = set[1..];
            }
        }

        return found != negated;
    }
}
