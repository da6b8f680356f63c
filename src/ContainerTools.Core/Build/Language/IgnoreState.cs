namespace ContainerTools.Core.Build.Language;

/// <summary>Where a walk through a context stands, with what the patterns say so far.</summary>
public sealed class IgnoreState
{
    private readonly IgnoreFile _file;

    internal IgnoreState(IgnoreFile file, string? path, ulong[] matched, bool isIgnored)
    {
        _file = file;
        Path = path;
        Matched = matched;
        IsIgnored = isIgnored;
    }

    /// <summary>True when this entry is left out.</summary>
    public bool IsIgnored { get; }

    /// <summary>True when this entry and, if it is a directory, everything in it is left out: it need not be read.</summary>
    public bool IsClosed => _file.IsClosed(this);

    /// <summary>The path from the root; null at the root.</summary>
    internal string? Path { get; }

    /// <summary>A bit for each pattern that matches this entry or a directory above it.</summary>
    internal ulong[] Matched { get; }
}
