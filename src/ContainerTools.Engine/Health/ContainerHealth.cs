namespace ContainerTools;

/// <summary>What a container's health checks have found in its present run, or its last one.</summary>
/// <param name="Status">The verdict.</param>
/// <param name="FailingStreak">How many checks in a row have failed.</param>
/// <param name="Log">The last five checks, the oldest first.</param>
public sealed record ContainerHealth(HealthStatus Status, int FailingStreak, IReadOnlyList<HealthCheckResult> Log)
{
    /// <summary>How many checks <see cref="Log"/> has at most.</summary>
    internal const int LogLength = 5;

    internal static ContainerHealth Unknown { get; } = new(HealthStatus.Starting, 0, []);

    /// <summary>The verdict.</summary>
    public override string ToString() => Status.ToString();

    /// <summary>The health after one more check.</summary>
    /// <param name="result">The check.</param>
    /// <param name="retries">How many failures in a row it takes.</param>
    /// <param name="lenient">Whether the container is still in its start period, in which failures do not count.</param>
    internal ContainerHealth After(HealthCheckResult result, int retries, bool lenient)
    {
        IReadOnlyList<HealthCheckResult> log = [.. Log.TakeLast(LogLength - 1), result];
        if (result.ExitCode == 0)
            return new ContainerHealth(HealthStatus.Healthy, 0, log);
        // Once it was healthy it has started.
        if (lenient && Status is HealthStatus.Starting)
            return this with { Log = log };
        int streak = FailingStreak + 1;
        return new ContainerHealth(streak >= retries ? HealthStatus.Unhealthy : Status, streak, log);
    }
}
