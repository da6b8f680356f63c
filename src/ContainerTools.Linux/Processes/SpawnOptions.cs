namespace ContainerTools.Linux.Processes;

/// <summary>What a process is started with, beyond its program and arguments.</summary>
public sealed class SpawnOptions
{
    /// <summary>The environment as <c>NAME=value</c>; null passes this process's own on.</summary>
    public IReadOnlyList<string>? Environment { get; init; }

    /// <summary>
    /// The child's file descriptors: its number to this process's number. What is not named here is closed; 0, 1 and 2 are
    /// passed on unless they are named.
    /// </summary>
    public IReadOnlyDictionary<int, int> Descriptors { get; init; } = new Dictionary<int, int>();

    /// <summary>True to make it the leader of a new session, away from this process's terminal (setsid(2)).</summary>
    public bool NewSession { get; init; }

    /// <summary>The directory it starts in; null is this process's.</summary>
    public string? WorkingDirectory { get; init; }
}
