namespace ContainerTools.Core.Build.Language;

/// <summary>The values of <c>RUN --network</c>.</summary>
public enum RunNetwork
{
    /// <summary>What the build is given.</summary>
    Default,

    /// <summary>Loopback only.</summary>
    None,

    /// <summary>The host's network.</summary>
    Host,
}
