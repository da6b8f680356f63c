namespace ContainerTools;

/// <summary>Something that happened in a store.</summary>
public sealed class ContainerEvent
{
    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What kind of thing it is about.</summary>
    public required ContainerEventType Type { get; init; }

    /// <summary>What happened.</summary>
    public required ContainerEventAction Action { get; init; }

    /// <summary>A container's, image's or network's id, a volume's name.</summary>
    public required string Id { get; init; }

    /// <summary>What it was called at that time.</summary>
    public required string Name { get; init; }

    /// <summary>What else is known: a container's <c>image</c>; <c>exitCode</c>, <c>signal</c>, <c>oldName</c>, <c>network</c>, <c>health</c>, <c>command</c>, as the action has them.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>The first 12 digits of an id; of a volume the name.</summary>
    public string ShortId => Type is not ContainerEventType.Volume && Id.Split(':')[^1] is { Length: > 12 } digits ? digits[..12] : Id;

    /// <summary>The exit code that the event tells of; null if it tells of none.</summary>
    public int? ExitCode => Attributes.TryGetValue("exitCode", out string? text) && int.TryParse(text, out int code) ? code : null;

    /// <summary>Type, action and name.</summary>
    public override string ToString() => $"{Type} {Action} {Name}";
}
