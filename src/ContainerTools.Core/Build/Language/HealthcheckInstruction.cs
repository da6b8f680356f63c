namespace ContainerTools.Core.Build.Language;

/// <summary><c>HEALTHCHECK [flags] CMD command</c>, or <c>HEALTHCHECK NONE</c>.</summary>
public sealed record HealthcheckInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "HEALTHCHECK";

    /// <summary>The command; null for <c>NONE</c>, which turns the base image's check off.</summary>
    public CommandLine? Command { get; init; }

    /// <summary>The time between two checks; null when not given.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>How long a check may take; null when not given.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long failures do not count after the start; null when not given.</summary>
    public TimeSpan? StartPeriod { get; init; }

    /// <summary>The time between two checks during <see cref="StartPeriod"/>; null when not given.</summary>
    public TimeSpan? StartInterval { get; init; }

    /// <summary>How many failures in a row make it unhealthy; null when not given.</summary>
    public int? Retries { get; init; }
}
