namespace ContainerTools.Linux.Files;

/// <summary>A point in time as files carry it: seconds since 1970 (negative before) and nanoseconds, 0 to 999,999,999.</summary>
/// <param name="Seconds">Whole seconds since 1970-01-01 UTC, rounded towards the past.</param>
/// <param name="Nanoseconds">The rest, never negative.</param>
public readonly record struct FileTime(long Seconds, int Nanoseconds)
{
    /// <summary>The beginning of 1970.</summary>
    public static FileTime Epoch => default;

    /// <summary>Now, as the system's clock has it.</summary>
    public static FileTime Now
    {
        get
        {
            long ticks = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks;
            return new FileTime(ticks / TimeSpan.TicksPerSecond, (int)(ticks % TimeSpan.TicksPerSecond) * 100);
        }
    }
}
