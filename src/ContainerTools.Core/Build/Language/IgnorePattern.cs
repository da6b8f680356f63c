using System.Text;
using System.Text.RegularExpressions;

namespace ContainerTools.Core.Build.Language;

/// <summary>One pattern of a .dockerignore, in the quickest form that says what it means.</summary>
internal sealed class IgnorePattern
{
    private readonly string _pattern;
    private readonly bool _anyDirectory;
    private readonly (string Before, string After)? _star;
    private readonly string? _prefix;
    private readonly Regex? _regex;
    private string[]? _parts;
    private IgnorePattern?[]? _partMatchers;

    private IgnorePattern(string pattern, bool isException)
    {
        _pattern = pattern;
        IsException = isException;
        string rest = pattern;
        while (rest.StartsWith("**/", StringComparison.Ordinal))
        {
            rest = rest[3..];
            _anyDirectory = true;
        }

        bool hasWildcards = rest.AsSpan().ContainsAny("*?[\\");
        int star = rest.IndexOf('*', StringComparison.Ordinal);
        if (!hasWildcards && !_anyDirectory)
            Path = rest;
        else if (!hasWildcards && !rest.Contains('/'))
            FileName = rest;
        else if (!_anyDirectory && rest.EndsWith("/**", StringComparison.Ordinal) && !rest.AsSpan(0, rest.Length - 3).ContainsAny("*?[\\"))
            _prefix = rest[..^2];
        else if (star >= 0 && !rest.AsSpan(star + 1).ContainsAny("*?[\\") && !rest.AsSpan(0, star).ContainsAny("?[\\") && (!_anyDirectory || !rest.Contains('/')))
            _star = (rest[..star], rest[(star + 1)..]);
        else
            _regex = new Regex(ToRegex(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline);
    }

    /// <summary>True for a pattern with <c>!</c>.</summary>
    internal bool IsException { get; }

    /// <summary>The path, where there are no wildcards.</summary>
    internal string? Path { get; }

    /// <summary>The name, for <c>**/name</c>.</summary>
    internal string? FileName { get; }

    /// <summary>True for what matches all entries of the root.</summary>
    internal bool MatchesEverything => !IsException && _pattern is "*" or "**" or "**/*";

    /// <exception cref="FormatException">The pattern is not valid.</exception>
    internal static IgnorePattern Parse(string line)
    {
        string text = line.Trim();
        bool isException = text.StartsWith('!');
        string pattern = isException ? text[1..].Trim() : text;
        if (pattern.Length == 0)
            throw new FormatException("a pattern must follow '!'");
        pattern = Clean(pattern);
        Validate(pattern);
        return new IgnorePattern(pattern.Length > 1 ? pattern.TrimStart('/') : pattern, isException);
    }

    /// <summary>Says whether it matches just this path, not a directory above it.</summary>
    /// <param name="path">The path.</param>
    /// <param name="nameStart">Where its last part begins.</param>
    internal bool Matches(string path, int nameStart)
    {
        if (_star is var (before, after))
        {
            var text = path.AsSpan(_anyDirectory ? nameStart : 0);
            return text.Length >= before.Length + after.Length && text.StartsWith(before, StringComparison.Ordinal) && text.EndsWith(after, StringComparison.Ordinal)
                && !text[before.Length..^after.Length].Contains('/');
        }

        if (_prefix is not null)
            return path.StartsWith(_prefix, StringComparison.Ordinal);
        if (_regex is not null)
            return _regex.IsMatch(path);
        return Path is not null ? path == Path : path.AsSpan(nameStart).SequenceEqual(FileName);
    }

    /// <summary>Says whether it may match something below a directory: its parts up to there match, or <c>**</c> may.</summary>
    internal bool MayMatchBelow(string directory)
    {
        string[] parts = _parts ??= _pattern.Split('/');
        var matchers = _partMatchers ??= [.. parts.Select(p => p.AsSpan().ContainsAny("*?[\\") && !p.Contains("**", StringComparison.Ordinal) ? new IgnorePattern(p, false) : null)];
        string[] names = directory.Split('/');
        for (int i = 0; i < names.Length; i++)
        {
            if (i >= parts.Length)
                return false;
            if (parts[i].Contains("**", StringComparison.Ordinal))
                return true;
            if (parts[i] != names[i] && matchers[i]?.Matches(names[i], 0) != true)
                return false;
        }

        return parts.Length > names.Length;
    }

    /// <summary>The shortest path that means the same: without <c>.</c>, doubled or trailing slashes, and <c>..</c> where it can be resolved.</summary>
    internal static string Clean(string path)
    {
        bool rooted = path.StartsWith('/');
        var parts = new List<string>();
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".")
                continue;
            if (part != "..")
                parts.Add(part);
            else if (parts.Count > 0 && parts[^1] != "..")
                parts.RemoveAt(parts.Count - 1);
            else if (!rooted)
                parts.Add(part);
        }

        string joined = string.Join('/', parts);
        return rooted ? "/" + joined : joined.Length == 0 ? "." : joined;
    }

    private static void Validate(string pattern)
    {
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\')
            {
                if (++i == pattern.Length)
                    throw new FormatException($"the pattern {pattern} ends with a backslash that escapes nothing");
            }
            else if (pattern[i] == '[' && (i = EndOfClass(pattern, i)) < 0)
            {
                throw new FormatException($"a '[' in the pattern {pattern} has no matching ']'; write \\[ for the character itself");
            }
        }
    }

    // A class is ^ or not, then at least one character or range; ] ends it.
    private static int EndOfClass(string pattern, int start)
    {
        int i = start + 1 < pattern.Length && pattern[start + 1] == '^' ? start + 2 : start + 1;
        int first = i;
        for (; i < pattern.Length; i++)
        {
            if (pattern[i] == ']' && i > first)
                return i;
            if (pattern[i] == '\\')
                i++;
        }

        return -1;
    }

    private static string ToRegex(string pattern)
    {
        var regex = new StringBuilder("^");
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            if (c == '*' && i + 1 < pattern.Length && pattern[i + 1] == '*')
            {
                bool first = i == 0;
                i += i + 2 < pattern.Length && pattern[i + 2] == '/' ? 2 : 1;
                // At the end it is everything below; elsewhere any number of whole directories, and none.
                bool slash = pattern[i] == '/';
                regex.Append(i + 1 == pattern.Length || (first && !slash) ? ".*" : "(?:.*/)?");
            }
            else if (c == '[')
            {
                int end = EndOfClass(pattern, i);
                bool negated = pattern[i + 1] == '^';
                regex.Append(negated ? "[^" : "[");
                for (int k = negated ? i + 2 : i + 1; k < end; k++)
                    regex.Append((pattern[k] == '\\' && ++k > 0) ? $"\\u{(int)pattern[k]:x4}" : pattern[k] == '-' ? "-" : $"\\u{(int)pattern[k]:x4}");
                regex.Append(']');
                i = end;
            }
            else
            {
                regex.Append(c switch
                {
                    '*' => "[^/]*",
                    '?' => "[^/]",
                    '\\' => Regex.Escape(pattern[++i].ToString()),
                    _ => Regex.Escape(c.ToString()),
                });
            }
        }

        return regex.Append("\\z").ToString();
    }
}
