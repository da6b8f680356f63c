using System.Text;
using ContainerTools.Core.Build.Language;

namespace ContainerTools.Core.Build.Files;

/// <summary>Finds what a source of COPY or ADD names in a tree: one path, or all that a pattern (Go's filepath.Match) matches.</summary>
/// <param name="files">The tree.</param>
/// <param name="ignore">What of it is left out; null for nothing.</param>
internal sealed class SourceMatcher(FileSource files, IgnoreFile? ignore)
{
    /// <summary>The paths, without a leading slash, in the order of their bytes; a pattern that matches nothing gives none.</summary>
    internal IEnumerable<byte[]> Find(string source)
    {
        byte[][] parts = RootedPath.Components(Encoding.UTF8.GetBytes(source));
        if (!IsPattern(source))
        {
            byte[] path = [];
            foreach (byte[] part in parts)
            {
                path = RootedPath.Join(path, part);
            }

            return [path];
        }

        return Expand([], parts);
    }

    /// <summary>Whether a path is left out, with all that is in it.</summary>
    internal bool IsLeftOut(byte[] path) => State(path) is { } state && state.IsIgnored && (state.IsClosed || !IsDirectory(path));

    /// <summary>Where a walk that begins at a path stands; null when nothing is left out.</summary>
    internal IgnoreState? State(byte[] path)
    {
        var state = ignore?.Root;
        foreach (byte[] part in RootedPath.Components(path))
        {
            state = ignore?.Enter(state!, Encoding.UTF8.GetString(part));
        }

        return state;
    }

    /// <summary>Whether a source is a pattern.</summary>
    internal static bool IsPattern(string source) => source.AsSpan().ContainsAny('*', '?', '[');

    private IEnumerable<byte[]> Expand(byte[] directory, byte[][] parts)
    {
        string pattern = Encoding.UTF8.GetString(parts[0]);
        foreach (byte[] name in IsPattern(pattern) ? Names(directory) : [parts[0]])
        {
            if (IsPattern(pattern) && !NamePattern.Matches(pattern, Encoding.UTF8.GetString(name)))
            {
                continue;
            }

            byte[] path = RootedPath.Join(directory, name);
            if (!files.TryFind(RootedPath.Resolve(files.Root, path, followLast: false), out _) || IsLeftOut(path))
            {
                continue;
            }

            foreach (byte[] found in parts.Length == 1 ? [path] : Expand(path, parts[1..]))
            {
                yield return found;
            }
        }
    }

    private List<byte[]> Names(byte[] directory)
    {
        byte[] path = RootedPath.Resolve(files.Root, directory);
        if (!files.TryFind(path, out var status) || !status.IsDirectory)
        {
            return [];
        }

        using var opened = files.OpenDirectory(path);
        return [.. opened.Names().Select(static n => n[..^1])];
    }

    private bool IsDirectory(byte[] path) => files.TryFind(RootedPath.Resolve(files.Root, path), out var status) && status.IsDirectory;
}
