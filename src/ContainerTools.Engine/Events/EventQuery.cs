namespace ContainerTools.Engine.Events;

/// <summary>Which events are read.</summary>
public sealed class EventQuery
{
    /// <summary>Only events of this time and later; null for all that are kept, or with <see cref="Follow"/> for those from now on.</summary>
    public DateTimeOffset? Since { get; set; }

    /// <summary>Only events before this time; a reader that follows ends then.</summary>
    public DateTimeOffset? Until { get; set; }

    /// <summary>Whether to go on with what happens later.</summary>
    public bool Follow { get; set; }

    /// <summary>Further conditions; null for none.</summary>
    public Predicate<ContainerEvent>? Where { get; set; }
}
