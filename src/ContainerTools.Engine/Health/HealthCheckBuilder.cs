using ContainerTools.Oci;

namespace ContainerTools.Engine.Health;

/// <summary>Merges an image's health check with what a caller asks for.</summary>
internal static class HealthCheckBuilder
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100), s_longest = TimeSpan.FromDays(24);

    /// <summary>The check; null for none.</summary>
    /// <exception cref="ContainerToolsException">InvalidHealthCheck.</exception>
    public static HealthCheck? Build(HealthCheckOptions options, ImageRuntimeConfig image)
    {
        var from = image.Healthcheck ?? new ImageHealthcheck();
        IReadOnlyList<string> shell = image.Shell is { Count: > 0 } given ? given : ["/bin/sh", "-c"];
        string[] words = [.. options.Command ?? []];
        var command = words switch
        {
            [] => Words([.. from.Test ?? []], shell),
            [var single] when single.Equals("none", StringComparison.OrdinalIgnoreCase) => null,
            [var line] => [.. shell, line],
            ["CMD" or "CMD-SHELL", ..] => Words(words, shell),
            _ => [.. words],
        };
        if (command is null)
        {
            return options is { Interval: null, Timeout: null, Retries: null, StartPeriod: null } || options.Command is not null ? null
                : throw Invalid("the image has none whose times could be set. Give a command");
        }
        if (command[0].Length == 0 || string.IsNullOrWhiteSpace(command[^1]) && words.Length == 1 || command.Exists(w => w.Contains('\0', StringComparison.Ordinal)))
            throw Invalid("its command is empty, or holds a NUL character");
        var defaults = new HealthCheck();
        return new HealthCheck
        {
            Command = command,
            Interval = Time("an interval", options.Interval, from.Interval, defaults.Interval, s_shortest),
            Timeout = Time("a timeout", options.Timeout, from.Timeout, defaults.Timeout, s_shortest),
            StartPeriod = Time("a start period", options.StartPeriod, from.StartPeriod, defaults.StartPeriod, TimeSpan.Zero),
            StartInterval = Time("a start interval", null, from.StartInterval, defaults.StartInterval, s_shortest),
            Retries = options.Retries is < 1 ? throw Invalid($"{options.Retries} failures cannot make it unhealthy; 1 and more can") : options.Retries ?? (from.Retries is > 0 ? from.Retries.Value : defaults.Retries),
        };
    }

    /// <summary>A test in Docker's notation.</summary>
    private static List<string>? Words(string[] test, IReadOnlyList<string> shell) => test switch
    {
        ["CMD", _, ..] => [.. test[1..]],
        ["CMD-SHELL", var line, ..] => [.. shell, line],
        _ => null,
    };

    private static TimeSpan Time(string what, TimeSpan? asked, TimeSpan? image, TimeSpan usual, TimeSpan least)
    {
        if (asked is { } time)
            return time >= least && time <= s_longest ? time : throw Invalid($"{what} of {time.TotalSeconds:0.###} seconds is not possible; from {least.TotalSeconds:0.###} seconds to {s_longest.Days} days is");
        // An image's 0 means the default.
        return image is { } own && own > TimeSpan.Zero ? TimeSpan.FromTicks(Math.Clamp(own.Ticks, least.Ticks, s_longest.Ticks)) : usual;
    }

    private static ContainerToolsException Invalid(string reason) => new("InvalidHealthCheck", ErrorKind.InvalidArgument, $"The health check cannot be used: {reason}.");
}
