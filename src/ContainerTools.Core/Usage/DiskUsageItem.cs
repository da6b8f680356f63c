namespace ContainerTools;

/// <summary>How much space one thing takes in the store.</summary>
public sealed class DiskUsageItem
{
    internal DiskUsageItem(DiskUsageKind kind, IReadOnlyList<string> names, string id)
    {
        Kind = kind;
        Names = names;
        Id = id;
    }

    /// <summary>What it is.</summary>
    public DiskUsageKind Kind { get; }

    /// <summary>Its name, an image's first one; empty if it has none.</summary>
    public string Name => Names.Count > 0 ? Names[0] : "";

    /// <summary>Its names: an image may have several or none.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Its id: an image's, a container's, a blob's digest, a layer's key; a volume's is its name; of the build cache a step's key, or <c>mount/NAME</c>.</summary>
    public string Id { get; }

    /// <summary>Bytes that it takes.</summary>
    public long Size { get; internal init; }

    /// <summary>Bytes of them that others need as well.</summary>
    public long SharedSize { get; internal init; }

    /// <summary>Bytes that would be free if it went.</summary>
    public long UniqueSize => Size - SharedSize;

    /// <summary>Whether it is in use.</summary>
    public bool InUse { get; internal init; }

    /// <summary>Names of the containers that need it; for a container, its own while it runs.</summary>
    public IReadOnlyList<string> UsedBy { get; internal init; } = [];

    /// <summary>Since when it is as it is: when an image came here, a container ended, a volume was made, or a build used what the cache has; null when it is not known.</summary>
    public DateTimeOffset? Since { get; internal init; }

    /// <summary>Further ids of the same.</summary>
    internal IReadOnlyList<string> OtherIds { get; init; } = [];

    /// <summary>The names, or the id where there is none.</summary>
    public override string ToString() => Names.Count > 0 ? string.Join(", ", Names) : Id;
}
