namespace ContainerTools;

/// <summary>One health check.</summary>
/// <param name="StartedAt">When it began.</param>
/// <param name="FinishedAt">When it had ended.</param>
/// <param name="ExitCode">The command's exit code: 0 is success; -1 if it took too long and was killed.</param>
/// <param name="Output">The first 4 KiB of what it wrote to its standard output and error.</param>
public sealed record HealthCheckResult(DateTimeOffset StartedAt, DateTimeOffset FinishedAt, int ExitCode, string Output);
