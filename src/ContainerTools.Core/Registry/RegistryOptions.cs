namespace ContainerTools.Core.Registry;

/// <summary>How patient the registry client is.</summary>
public sealed record RegistryOptions
{
    /// <summary>How long connecting may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a registry may say nothing, before a response and within one.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a registry may take to put away what was sent to it whole.</summary>
    public TimeSpan CommitTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a request is repeated after an error that may pass: a broken connection, 429, 5xx.</summary>
    public int RetryCount { get; init; } = 4;

    /// <summary>The pause before the first repetition; each further one is twice as long.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>The longest pause, also when the registry asks for a longer one by <c>Retry-After</c>.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(30);
}
