namespace ContainerTools;

/// <summary>What kind of thing an event is about.</summary>
public enum ContainerEventType
{
    /// <summary>A container.</summary>
    Container,

    /// <summary>An image.</summary>
    Image,

    /// <summary>A volume.</summary>
    Volume,

    /// <summary>A network.</summary>
    Network,
}
