namespace ContainerTools.Core.Build.Language;

/// <summary>One <c>RUN --mount</c>.</summary>
public sealed record RunMount
{
    /// <summary>What sort of mount it is.</summary>
    public RunMountType Type { get; init; }

    /// <summary>The path in the container, relative to the working directory unless absolute; <c>.</c> for a bind mount without one; null for a secret or an agent without one.</summary>
    public string? Target { get; init; }

    /// <summary>The path in what <see cref="From"/> names; for a secret an older name of its id; or null.</summary>
    public string? Source { get; init; }

    /// <summary>A stage, build context or image; null for the context (bind) or for nothing (cache).</summary>
    public string? From { get; init; }

    /// <summary>True when the container may not write it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>The id of a cache, a secret or an SSH agent; or null: a cache's is then its target, a secret's the last part of its target, an agent's <c>default</c>.</summary>
    public string? Id { get; init; }

    /// <summary>How a cache is shared.</summary>
    public RunMountSharing Sharing { get; init; }

    /// <summary>The most a tmpfs may hold, in bytes; 0 for no limit.</summary>
    public long Size { get; init; }

    /// <summary>The mode of a new cache (0755 by default), of a secret (0400) or of a socket (0600); or null.</summary>
    public uint? Mode { get; init; }

    /// <summary>The owner; null for 0.</summary>
    public uint? UserId { get; init; }

    /// <summary>The group; null for 0.</summary>
    public uint? GroupId { get; init; }

    /// <summary>True when a secret or an agent that the build was not given is an error.</summary>
    public bool Required { get; init; }

    /// <summary>The environment variable that holds the secret; then a file is made only if <see cref="Target"/> was given. Empty for the secret's id; null for none.</summary>
    public string? EnvironmentVariable { get; init; }
}
