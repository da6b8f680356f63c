namespace ContainerTools;

/// <summary>What a container's health checks say.</summary>
public enum HealthStatus
{
    /// <summary>There is no verdict yet.</summary>
    Starting,

    /// <summary>The last check succeeded, or too few have failed since.</summary>
    Healthy,

    /// <summary>As many checks in a row have failed as it takes.</summary>
    Unhealthy,
}
