namespace ContainerTools.Engine.Containers;

/// <summary>How a container is removed.</summary>
public sealed class RemoveContainerOptions
{
    /// <summary>Whether a running container is killed first.</summary>
    public bool Force { get; set; }

    /// <summary>Whether the anonymous volumes that were made for it are removed with it.</summary>
    public bool RemoveVolumes { get; set; }
}
