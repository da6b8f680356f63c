namespace ContainerTools.Engine.Containers;

/// <summary>How a container is stopped.</summary>
public sealed class StopOptions
{
    /// <summary>How long to wait before it is killed; zero kills at once, a negative one waits without limit, null takes the container's own.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>Signal that asks it to stop, as <c>SIGTERM</c>, <c>TERM</c> or <c>15</c>; null takes the container's own.</summary>
    public string? Signal { get; set; }
}
