namespace ContainerTools.Engine.Health;

/// <summary>What a caller asks of health checks. What is null is the image's choice, or the default.</summary>
public sealed class HealthCheckOptions
{
    /// <summary>A single text is a line for the image's shell, several are command and arguments; <c>none</c> means no checks.</summary>
    public IReadOnlyList<string>? Command { get; set; }

    /// <summary>The time between checks; null for 30 seconds.</summary>
    public TimeSpan? Interval { get; set; }

    /// <summary>How long a check may take; null for 30 seconds.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>How many failures in a row make the container unhealthy; null for three.</summary>
    public int? Retries { get; set; }

    /// <summary>The time after the start in which failures do not count; null for none.</summary>
    public TimeSpan? StartPeriod { get; set; }
}
