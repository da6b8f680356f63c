namespace ContainerTools.TestSupport;

/// <summary>Where tests keep what is expensive to make, from run to run: $XDG_CACHE_HOME/containertools-tests or /var/cache/containertools-tests.</summary>
public static class TestCache
{
    public static string Root { get; } = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home ? home : "/var/cache", "containertools-tests");
}
