using ContainerTools.Engine;

namespace ContainerTools.Cmdlets;

/// <summary>Options in docker's form, <c>type=registry,ref=NAME</c>, which PowerShell takes for an array unless they are quoted.</summary>
internal static class OptionTexts
{
    /// <summary>Puts together again what belongs together: what begins with <c>type=</c>, and the <c>name=value</c> behind it.</summary>
    public static IEnumerable<string> Join(IEnumerable<string> values)
    {
        string? open = null;
        foreach (string value in values)
        {
            bool begins = value.StartsWith("type=", StringComparison.OrdinalIgnoreCase);
            if (open is not null && !begins && IsOption(value))
            {
                open += "," + value;
                continue;
            }

            if (open is not null)
                yield return open;
            open = begins ? value : null;
            if (!begins)
                yield return value;
        }

        if (open is not null)
            yield return open;
    }

    /// <summary>
    /// Puts mounts together again, <c>type=bind,source=/x,target=/y,readonly</c>: the next one begins where the field comes again that the one before began with, as <c>type=</c>; and what has commas itself and a
    /// target is one, behind one that is whole.
    /// </summary>
    /// <exception cref="ContainerToolsException">MountAmbiguous: a field comes twice in one mount.</exception>
    public static IEnumerable<string> JoinMounts(IEnumerable<string> values)
    {
        List<string> open = [];
        foreach (string value in values)
        {
            var keys = Keys(value);
            if (open.Count > 0 && (keys.Contains(Keys(open[0])[0]) || (keys.Count > 1 && keys.Contains(Target) && open.Exists(static v => Keys(v).Contains(Target)))))
            {
                yield return Join(open);
                open.Clear();
            }

            open.Add(value);
        }

        if (open.Count > 0)
            yield return Join(open);
    }

    /// <summary>Puts <c>/PATH:size=64m,mode=755</c> together again: what does not begin as a path is an option of the one before.</summary>
    public static IEnumerable<string> JoinTmpFs(IEnumerable<string> values) => Join(values, static v => v.StartsWith('/'));

    /// <summary>Puts <c>VOLUME:/PATH:ro,z</c> together again: what is neither a path nor has a colon is an option of the one before.</summary>
    public static IEnumerable<string> JoinVolumes(IEnumerable<string> values) => Join(values, static v => v.Length == 0 || v[0] is '/' or '.' or '~' || v.Contains(':', StringComparison.Ordinal));

    private const string Target = "target";

    private static List<string> Keys(string mount) => [.. mount.Split(',').Select(static field => field.Split('=')[0].Trim().ToLowerInvariant() switch
    {
        "src" => "source",
        "dst" or "destination" => Target,
        "ro" => "readonly",
        var key => key,
    })];

    private static string Join(List<string> pieces)
    {
        string whole = string.Join(',', pieces);
        // One text is as it was meant.
        if (pieces.Count > 1 && Keys(whole).GroupBy(static k => k).FirstOrDefault(static g => g.Count() > 1) is { } twice)
        {
            throw new ContainerToolsException("MountAmbiguous", ErrorKind.InvalidArgument,
                $"PowerShell takes commas apart, and in '{whole}' it is not clear where a mount ends: {twice.Key} comes {twice.Count()} times. Put each mount in quotes.", whole);
        }

        return whole;
    }

    private static IEnumerable<string> Join(IEnumerable<string> values, Func<string, bool> begins)
    {
        string? open = null;
        foreach (string value in values)
        {
            if (open is not null && !begins(value))
            {
                open += "," + value;
                continue;
            }

            if (open is not null)
                yield return open;
            open = value;
        }

        if (open is not null)
            yield return open;
    }

    private static bool IsOption(string value) => value.IndexOf('=', StringComparison.Ordinal) is > 0 and var end && value[..end].All(static c => char.IsAsciiLetter(c) || c == '-');
}
