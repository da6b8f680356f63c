using System.Globalization;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Specs;

/// <summary>Reads resource limits of the form <c>nofile=1024:2048</c>.</summary>
public static class UlimitOptions
{
    private static readonly string[] s_names =
    [
        "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
    ];

    /// <summary>Reads <c>NAME=SOFT[:HARD]</c> each; -1 and <c>unlimited</c> mean no limit; without a hard value it is the soft one.</summary>
    /// <returns>Null when there are none.</returns>
    /// <exception cref="ContainerToolsException">UlimitInvalid.</exception>
    public static List<RlimitSpec>? Parse(IReadOnlyCollection<string> options)
    {
        if (options.Count == 0)
            return null;
        var limits = new Dictionary<string, RlimitSpec>(StringComparer.Ordinal);
        foreach (string option in options)
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            string name = (equals < 0 ? option : option[..equals]).Trim().ToLowerInvariant();
            if (name.StartsWith("rlimit_", StringComparison.Ordinal))
                name = name["rlimit_".Length..];
            if (!s_names.Contains(name))
                throw Invalid(option, $"there is no limit '{name}'; limits are {string.Join(", ", s_names)}");
            string[] values = equals < 0 ? [] : option[(equals + 1)..].Split(':');
            if (values.Length is 0 or > 2 || !TryRead(values[0], out ulong soft) || !TryRead(values[^1], out ulong hard))
                throw Invalid(option, "the form is NAME=SOFT or NAME=SOFT:HARD with whole numbers, -1 or 'unlimited'");
            if (soft > hard)
                throw Invalid(option, "the soft limit is above the hard one");
            string type = "RLIMIT_" + name.ToUpperInvariant();
            limits[type] = new RlimitSpec { Type = type, Soft = soft, Hard = hard };
        }
        return [.. limits.Values];
    }

    private static bool TryRead(string text, out ulong value)
    {
        value = ulong.MaxValue;
        return text is "-1" or "unlimited" || ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static ContainerToolsException Invalid(string option, string reason) =>
        new("UlimitInvalid", ErrorKind.InvalidArgument, $"The limit '{option}' cannot be used: {reason}.", option);
}
