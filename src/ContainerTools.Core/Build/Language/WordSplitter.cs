using System.Text;

namespace ContainerTools.Core.Build.Language;

/// <summary>Splits an instruction's arguments into words.</summary>
internal static class WordSplitter
{
    /// <summary>Words between blanks; quotes mean nothing.</summary>
    internal static List<Token> AtBlanks(Token text)
    {
        var words = new List<Token>();
        for (int i = 0; i < text.Text.Length;)
        {
            if (IsBlank(text.Text[i]))
            {
                i++;
                continue;
            }

            int start = i;
            while (i < text.Text.Length && !IsBlank(text.Text[i]))
                i++;
            words.Add(new Token(text.Text[start..i], text.Offset + start, i - start));
        }

        return words;
    }

    /// <summary>Words between blanks that are neither in quotes nor escaped; quotes and escapes stay.</summary>
    internal static List<Token> Quoted(Token text, char escape)
    {
        var words = new List<Token>();
        for (int i = 0; i < text.Text.Length;)
        {
            if (char.IsWhiteSpace(text.Text[i]))
            {
                i++;
                continue;
            }

            int start = i;
            var word = new StringBuilder();
            char quote = '\0';
            for (; i < text.Text.Length && (quote != '\0' || !char.IsWhiteSpace(text.Text[i])); i++)
            {
                char c = text.Text[i];
                if (c == escape && quote != '\'')
                {
                    // Escapes at the very end mean nothing.
                    if (i + 1 == text.Text.Length)
                        continue;
                    word.Append(c).Append(text.Text[++i]);
                    continue;
                }

                quote = quote == '\0' && c is '\'' or '"' ? c : c == quote ? '\0' : quote;
                word.Append(c);
            }

            words.Add(new Token(word.ToString(), text.Offset + start, i - start));
        }

        return words;
    }

    /// <summary>Takes the words that begin with <c>--</c> off the front; their quotes and escapes are resolved. A <c>--</c> alone ends them.</summary>
    internal static List<Token> TakeFlags(Token text, char escape, out Token rest)
    {
        var flags = new List<Token>();
        string source = text.Text;
        int i = 0;
        while (true)
        {
            while (i < source.Length && char.IsWhiteSpace(source[i]))
                i++;
            if (string.CompareOrdinal(source, i, "--", 0, 2) != 0)
                break;
            int start = i;
            var word = new StringBuilder();
            char quote = '\0';
            for (; i < source.Length && (quote != '\0' || !char.IsWhiteSpace(source[i])); i++)
            {
                char c = source[i];
                if (c == escape)
                {
                    if (i + 1 < source.Length)
                        word.Append(source[++i]);
                }
                else if (quote == '\0' && c is '\'' or '"')
                {
                    quote = c;
                }
                else if (c == quote)
                {
                    quote = '\0';
                }
                else
                {
                    word.Append(c);
                }
            }

            if (i - start == 2)
            {
                while (i < source.Length && char.IsWhiteSpace(source[i]))
                    i++;
                break;
            }

            flags.Add(new Token(word.ToString(), text.Offset + start, i - start));
        }

        rest = new Token(source[i..], text.Offset + i, source.Length - i);
        return flags;
    }

    // Other blanks of Unicode may stand in a file's name.
    private static bool IsBlank(char c) => c is ' ' or '\t' or '\v' or '\f' or '\r';
}
