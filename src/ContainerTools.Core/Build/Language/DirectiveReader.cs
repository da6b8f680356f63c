using System.Text.RegularExpressions;

namespace ContainerTools.Core.Build.Language;

/// <summary>Reads the parser directives at the top of a file. The first line that is none, an unknown one included, ends them.</summary>
internal static partial class DirectiveReader
{
    /// <summary>Reads them.</summary>
    /// <param name="source">The file.</param>
    /// <param name="firstLine">The first line after them.</param>
    internal static ParserDirectives Read(SourceText source, out int firstLine)
    {
        var directives = new ParserDirectives();
        var seen = new HashSet<string>();
        firstLine = 1;
        for (int line = 1; line <= source.Lines.Count; line++)
        {
            var match = Directive().Match(source.Line(line));
            if (!match.Success)
                break;
            string name = match.Groups[1].Value.ToLowerInvariant();
            if (name is not ("syntax" or "escape" or "check"))
                break;
            var range = new SourceRange(line, match.Groups[1].Index + 1, line, match.Groups[2].Index + Math.Max(1, match.Groups[2].Length));
            if (!seen.Add(name))
                throw source.Error("ContainerfileDirectiveDuplicate", $"the parser directive {name} stands here a second time; it may be given once", range);
            string value = match.Groups[2].Value;
            directives = name switch
            {
                "syntax" => directives with { Syntax = value.Split(' ', 2)[0] },
                "escape" => directives with { Escape = Escape(source, value, range) },
                _ => Check(source, directives, value, range),
            };
            firstLine = line + 1;
        }

        return directives;
    }

    /// <summary>Reads <c>skip=A,B;error=true</c> from a comment above one instruction; null when the comment is not of that kind.</summary>
    internal static ParserDirectives? ReadCheckComment(string comment)
    {
        var match = Directive().Match("#" + comment);
        if (!match.Success || !match.Groups[1].Value.Equals("check", StringComparison.OrdinalIgnoreCase))
            return null;
        return TryCheck(new ParserDirectives(), match.Groups[2].Value, out var result) is null ? result : null;
    }

    private static char Escape(SourceText source, string value, SourceRange range) => value is "\\" or "`"
        ? value[0]
        : throw source.Error("ContainerfileDirectiveInvalid", $"the escape character is {value}; it may be \\ or `", range);

    private static ParserDirectives Check(SourceText source, ParserDirectives directives, string value, SourceRange range) =>
        TryCheck(directives, value, out var result) is { } problem ? throw source.Error("ContainerfileDirectiveInvalid", problem, range) : result;

    private static string? TryCheck(ParserDirectives directives, string value, out ParserDirectives result)
    {
        result = directives with { Check = value };
        foreach (string option in value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? option : option[..equals].TrimEnd();
            string[] values = equals < 0 ? [] : option[(equals + 1)..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            switch (name)
            {
                case "skip" when values.Length > 0:
                    result = result with { SkippedRules = values, SkipAllRules = values.Contains("all") };
                    break;
                case "experimental" when values.Length > 0:
                    result = result with { ExperimentalRules = values };
                    break;
                case "error" when values is [var flag] && TryBoolean(flag, out bool error):
                    result = result with { ErrorOnWarning = error };
                    break;
                default:
                    return $"the check option '{option}' is not known: skip=RULE,... or skip=all, error=true or false, experimental=RULE,..., joined by ;";
            }
        }

        return null;
    }

    private static bool TryBoolean(string text, out bool value)
    {
        value = text is "1" or "t" or "T" or "true" or "TRUE" or "True";
        return value || text is "0" or "f" or "F" or "false" or "FALSE" or "False";
    }

    [GeneratedRegex(@"^\s*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Directive();
}
