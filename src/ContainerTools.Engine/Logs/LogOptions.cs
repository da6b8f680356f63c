namespace ContainerTools.Engine.Logs;

/// <summary>Which records of a log are read.</summary>
public sealed class LogOptions
{
    /// <summary>Whether to go on with what is written later, until the container ends.</summary>
    public bool Follow { get; set; }

    /// <summary>Only this many of the last records; null for all.</summary>
    public int? Tail { get; set; }

    /// <summary>Only records of this time and later.</summary>
    public DateTimeOffset? Since { get; set; }

    /// <summary>Only records before this time.</summary>
    public DateTimeOffset? Until { get; set; }
}
