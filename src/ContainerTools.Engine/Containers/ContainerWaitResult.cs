namespace ContainerTools.Engine.Containers;

/// <summary>What came of waiting for a container.</summary>
/// <param name="Container">The container, as it was given.</param>
/// <param name="Ended">The container with its exit code; null when the time was over first, or <paramref name="Error"/> says what went wrong.</param>
/// <param name="Error">Why nothing is known of it: it was removed; null otherwise.</param>
public readonly record struct ContainerWaitResult(Container Container, Container? Ended, ContainerToolsException? Error);
