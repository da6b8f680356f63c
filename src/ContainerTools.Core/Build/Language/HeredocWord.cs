namespace ContainerTools.Core.Build.Language;

/// <summary>A heredoc's beginning in an instruction: <c>&lt;&lt;EOF</c>, <c>3&lt;&lt;-"EOF"</c>.</summary>
/// <param name="Name">The delimiter, without quotes.</param>
/// <param name="Descriptor">The number before <c>&lt;&lt;</c>.</param>
/// <param name="StripTabs">Whether it is <c>&lt;&lt;-</c>.</param>
/// <param name="Expand">Whether the delimiter has no quotes.</param>
/// <param name="Offset">Where it begins in the instruction's text.</param>
/// <param name="Length">How long it is there.</param>
internal readonly record struct HeredocWord(string Name, int Descriptor, bool StripTabs, bool Expand, int Offset, int Length)
{
    /// <summary>Finds the heredocs in a shell command or in the words of COPY and ADD, from <paramref name="start"/> on.</summary>
    /// <param name="text">The instruction's text.</param>
    /// <param name="start">Where its arguments begin.</param>
    /// <param name="isShell">True for RUN, where shell operators (<c>&gt;</c>, <c>|</c>, <c>;</c>) end the delimiter, and arithmetic may shift.</param>
    internal static List<HeredocWord> FindAll(string text, int start, bool isShell)
    {
        var found = new List<HeredocWord>();
        int arithmetic = 0;
        bool wordStart = true;
        for (int i = start; i < text.Length;)
        {
            char c = text[i];
            if (c == '\\')
            {
                i += 2;
                wordStart = false;
            }
            else if (c is '\'' or '"')
            {
                i = SkipQuoted(text, i);
                wordStart = false;
            }
            else if (isShell && arithmetic == 0 && c == '$' && string.CompareOrdinal(text, i, "$((", 0, 3) == 0)
            {
                arithmetic = 2;
                i += 3;
            }
            else if (arithmetic > 0)
            {
                arithmetic += c == '(' ? 1 : c == ')' ? -1 : 0;
                i++;
            }
            else if (wordStart && TryRead(text, i, isShell, out var word))
            {
                found.Add(word);
                i += word.Length;
                wordStart = false;
            }
            else
            {
                // A shell's redirection may follow a word directly: cat<<EOF.
                wordStart = char.IsWhiteSpace(c) || (isShell && (c is '(' or ')' or '|' or ';' or '&' || (!char.IsAsciiDigit(c) && c != '<')));
                i += c == '<' && string.CompareOrdinal(text, i, "<<<", 0, 3) == 0 ? 3 : 1;
            }
        }

        return found;
    }

    private static bool TryRead(string text, int start, bool isShell, out HeredocWord word)
    {
        word = default;
        int i = start;
        while (i < text.Length && char.IsAsciiDigit(text[i]))
            i++;
        if (string.CompareOrdinal(text, i, "<<", 0, 2) != 0 || !(i == start || int.TryParse(text.AsSpan(start, i - start), out _)))
            return false;
        int descriptor = i == start ? 0 : int.Parse(text.AsSpan(start, i - start), System.Globalization.CultureInfo.InvariantCulture);
        i += 2;
        bool strip = i < text.Length && text[i] == '-';
        i += strip ? 1 : 0;
        while (i < text.Length && text[i] is ' ' or '\t')
            i++;
        var name = new System.Text.StringBuilder();
        bool quoted = false;
        while (i < text.Length && !char.IsWhiteSpace(text[i]) && text[i] != '<' && !(isShell && text[i] is '>' or '|' or ';' or '&' or '(' or ')'))
        {
            if (text[i] is '\'' or '"')
            {
                int end = SkipQuoted(text, i);
                name.Append(text, i + 1, Math.Max(0, Math.Min(end, text.Length) - i - 2));
                quoted = true;
                i = end;
            }
            else if (text[i] == '\\' && i + 1 < text.Length)
            {
                name.Append(text[i + 1]);
                quoted = true;
                i += 2;
            }
            else
            {
                name.Append(text[i++]);
            }
        }

        if (name.Length == 0 || (i < text.Length && text[i] == '<'))
            return false;
        word = new HeredocWord(name.ToString(), descriptor, strip, !quoted, start, i - start);
        return true;
    }

    private static int SkipQuoted(string text, int start)
    {
        char quote = text[start];
        for (int i = start + 1; i < text.Length; i++)
        {
            if (text[i] == '\\' && quote == '"')
                i++;
            else if (text[i] == quote)
                return i + 1;
        }

        return text.Length;
    }
}
