using System.Globalization;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>What the views in formats/ show for sizes, times and commands. The objects' own properties stay typed.</summary>
public static class DisplayText
{
    private static readonly (double Seconds, string Unit)[] s_units =
        [(365.25 * 86400, "year"), (30.44 * 86400, "month"), (7 * 86400, "week"), (86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];

    /// <summary>A number of bytes with three significant digits and a unit: <c>1.21 MB</c>, of 1024 times 1024 bytes.</summary>
    /// <param name="bytes">The number of bytes.</param>
    public static string Size(long bytes) => ByteSize.Format(bytes);

    /// <summary>How long ago a time was, in its largest unit: <c>3 hours ago</c>; empty for none.</summary>
    /// <param name="time">The time.</param>
    public static string Age(DateTimeOffset? time)
    {
        if (time is not { } known)
            return "";
        var seconds = (DateTimeOffset.UtcNow - known).TotalSeconds;
        if (seconds < 1)
            return seconds > -60 ? "now" : "in the future";
        var (size, unit) = Array.Find(s_units, u => seconds >= u.Seconds);
        var count = (long)(seconds / size);
        return string.Create(CultureInfo.InvariantCulture, $"{count} {unit}{(count == 1 ? "" : "s")} ago");
    }

    /// <summary>A duration in seconds: <c>1 second</c>, <c>0.2 seconds</c>.</summary>
    /// <param name="duration">The duration.</param>
    public static string Seconds(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.###} second{(duration == TimeSpan.FromSeconds(1) ? "" : "s")}");

    /// <summary>When a line was written, in local time: to the millisecond today, and with the date otherwise.</summary>
    /// <param name="time">The time.</param>
    public static string LogTime(DateTimeOffset time)
    {
        var local = time.ToLocalTime();
        return local.ToString(local.Date == DateTime.Today ? "HH:mm:ss.fff" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }

    /// <summary>A text that fits into a column, with an ellipsis for its end if it is longer: a table whose lines wrap would break it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="width">The column's width.</param>
    public static string Shortened(string? text, int width) => text is null ? "" : text.Length <= width ? text : text[..(width - 1)] + "…";

    /// <summary>Since when a container is in its state.</summary>
    /// <param name="container">The container.</param>
    public static string Age(Container container) => Age(container.State switch
    {
        ContainerState.Running or ContainerState.Paused or ContainerState.Starting => container.StartedAt,
        ContainerState.Exited or ContainerState.Restarting => container.FinishedAt ?? container.CreatedAt,
        _ => container.CreatedAt,
    });

    /// <summary>A command as it would be typed: words with blanks are quoted.</summary>
    /// <param name="words">The command's words.</param>
    public static string Command(IEnumerable<string>? words) => string.Join(' ', (words ?? []).Select(Quote));

    /// <summary>What a process runs, or its name in brackets if it says nothing. Its text is its own choice, so control characters, which a terminal would obey, are shown as '?'.</summary>
    /// <param name="process">The process.</param>
    public static string Process(ContainerProcess process)
    {
        var text = process.CommandLine.Count > 0 ? string.Join(' ', process.CommandLine.Select(Quote)) : $"[{process.Name}]";
        return string.Create(text.Length, text, (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsControl(source[i]) ? '?' : source[i];
        });
    }

    /// <summary>Names and values, one pair a line.</summary>
    /// <param name="pairs">The pairs.</param>
    public static string Pairs(IEnumerable<KeyValuePair<string, string>>? pairs) => string.Join('\n', (pairs ?? []).Select(p => $"{p.Key}={p.Value}"));

    private static string Quote(string word) => word.Length > 0 && !word.AsSpan().ContainsAny(" \t\n'\"") ? word : $"'{word.Replace("'", "''", StringComparison.Ordinal)}'";
}
