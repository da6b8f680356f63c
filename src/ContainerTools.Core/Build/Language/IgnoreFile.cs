using System.Numerics;

namespace ContainerTools.Core.Build.Language;

/// <summary>
/// A .dockerignore: which files of a context are left out. The last pattern that matches a path, or one of the directories it lies in, decides;
/// <c>!</c> before it lets the path in again.
/// </summary>
/// <remarks>
/// A pattern names a path from the context's root. <c>*</c> and <c>?</c> stand for anything but <c>/</c>, <c>**</c> for any number of directories,
/// <c>[a-z]</c> for one character; a leading or trailing <c>/</c> means nothing. It may be used by several threads.
/// </remarks>
public sealed class IgnoreFile
{
    private readonly IgnorePattern[] _patterns;
    private readonly int _words;

    // Patterns without wildcards, by their path, and those of the form **/name, by the name: most patterns of most files are looked up, not tried.
    private readonly Dictionary<string, List<int>> _paths = [];
    private readonly Dictionary<string, List<int>> _names = [];
    private readonly int[] _others;

    private IgnoreFile(IgnorePattern[] patterns)
    {
        _patterns = patterns;
        _words = (patterns.Length + 63) / 64;
        var others = new List<int>();
        for (int i = 0; i < patterns.Length; i++)
        {
            if (patterns[i].Path is { } path)
                Add(_paths, path, i);
            else if (patterns[i].FileName is { } name)
                Add(_names, name, i);
            else
                others.Add(i);
        }

        _others = [.. others];
    }

    /// <summary>True when no pattern stands in it.</summary>
    public bool IsEmpty => _patterns.Length == 0;

    /// <summary>True when a pattern with <c>!</c> stands in it, so that an ignored directory may hold files that are not.</summary>
    public bool HasExceptions => Array.Exists(_patterns, p => p.IsException);

    /// <summary>The context's root, from where <see cref="Enter"/> goes down.</summary>
    public IgnoreState Root => new(this, null, new ulong[_words], false);

    /// <summary>Reads a .dockerignore: a pattern in each line; a line that begins with <c>#</c> is a comment.</summary>
    /// <param name="content">The file's bytes.</param>
    /// <param name="fileName">What errors call it.</param>
    /// <exception cref="ContainerfileException">A pattern is not valid, or the file is not UTF-8.</exception>
    public static IgnoreFile Parse(ReadOnlySpan<byte> content, string fileName)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        var source = SourceText.Decode(content, fileName);
        var patterns = new List<IgnorePattern>();
        for (int line = 1; line <= source.Lines.Count; line++)
        {
            string text = source.Line(line);
            if (text.StartsWith('#') || text.Trim().Length == 0)
                continue;
            source.RequireDecoded(line);
            try
            {
                patterns.Add(IgnorePattern.Parse(text));
            }
            catch (FormatException e)
            {
                throw source.Error("IgnorePatternInvalid", e.Message, new SourceRange(line, 1, line, Math.Max(1, text.Length)), e);
            }
        }

        return new IgnoreFile([.. patterns]);
    }

    /// <summary>Takes patterns one by one, as <c>COPY --exclude</c> gives them.</summary>
    /// <param name="patterns">The patterns.</param>
    /// <exception cref="FormatException">A pattern is not valid.</exception>
    public static IgnoreFile FromPatterns(IEnumerable<string> patterns)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        return new IgnoreFile([.. patterns.Where(p => p.Trim().Length > 0).Select(IgnorePattern.Parse)]);
    }

    /// <summary>Says whether a path is left out. For a whole tree, <see cref="Root"/> and <see cref="Enter"/> are much faster.</summary>
    /// <param name="path">The path from the context's root, its parts joined by <c>/</c>.</param>
    public bool IsIgnored(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var state = Root;
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != "."))
            state = Enter(state, part);
        return state.IsIgnored;
    }

    /// <summary>Goes from a directory to an entry of it.</summary>
    /// <param name="parent">The directory, or <see cref="Root"/>.</param>
    /// <param name="name">The entry's name.</param>
    public IgnoreState Enter(IgnoreState parent, string name)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(name);
        string path = parent.Path is null ? name : $"{parent.Path}/{name}";
        var matched = (ulong[])parent.Matched.Clone();
        // What matches a directory matches everything below it.
        Mark(_paths, path, matched);
        Mark(_names, name, matched);
        foreach (int i in _others)
        {
            ulong bit = 1UL << (i & 63);
            if ((matched[i >> 6] & bit) == 0 && _patterns[i].Matches(path, path.Length - name.Length))
                matched[i >> 6] |= bit;
        }

        return new IgnoreState(this, path, matched, LastMatch(matched) is var last and >= 0 && !_patterns[last].IsException);
    }

    /// <summary>Says whether nothing below a directory that is left out can be let in again, so that nobody needs to look.</summary>
    internal bool IsClosed(IgnoreState state) =>
        state.IsIgnored && !_patterns.Where((p, i) => p.IsException && i > LastMatch(state.Matched) && p.MayMatchBelow(state.Path!)).Any();

    /// <summary>For the linter: true for a source of COPY that no exception lets in again and that has no wildcards.</summary>
    internal bool IsSurelyIgnored(string source)
    {
        if (HasExceptions || source.AsSpan().ContainsAny("*?[") || source.Contains("://", StringComparison.Ordinal) || source.StartsWith("git@", StringComparison.Ordinal))
            return false;
        string path = IgnorePattern.Clean(source).TrimStart('/');
        return path is "" or "." ? Array.Exists(_patterns, p => p.MatchesEverything) : IsIgnored(path);
    }

    private static void Add(Dictionary<string, List<int>> index, string key, int pattern)
    {
        if (!index.TryGetValue(key, out var list))
            index[key] = list = [];
        list.Add(pattern);
    }

    private static void Mark(Dictionary<string, List<int>> index, string key, ulong[] matched)
    {
        if (index.TryGetValue(key, out var list))
        {
            foreach (int i in list)
                matched[i >> 6] |= 1UL << (i & 63);
        }
    }

    private static int LastMatch(ulong[] matched)
    {
        for (int word = matched.Length - 1; word >= 0; word--)
        {
            if (matched[word] != 0)
                return (word << 6) + BitOperations.Log2(matched[word]);
        }

        return -1;
    }
}
