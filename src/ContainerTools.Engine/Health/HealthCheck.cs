namespace ContainerTools;

/// <summary>How a container's health is checked.</summary>
/// <remarks>Properties are settable and lists are never null, so that an absent member of the document reads as its default.</remarks>
public sealed class HealthCheck
{
    /// <summary>Command and arguments, run in the container as its user, in its working directory.</summary>
    public List<string> Command { get; set; } = [];

    /// <summary>The time from the end of a check to the next, and from the start to the first.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a check may take.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many failures in a row make the container unhealthy.</summary>
    public int Retries { get; set; } = 3;

    /// <summary>The time after the start in which failures do not count, unless a check has succeeded.</summary>
    public TimeSpan StartPeriod { get; set; }

    /// <summary>The time between checks in the start period.</summary>
    public TimeSpan StartInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The command.</summary>
    public override string ToString() => string.Join(' ', Command);
}
