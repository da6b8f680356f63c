namespace ContainerTools;

/// <summary>How much space one kind of thing takes in the store.</summary>
public sealed class DiskUsage
{
    internal DiskUsage(DiskUsageKind kind, IReadOnlyList<DiskUsageItem> items, long size, long reclaimableSize)
    {
        Kind = kind;
        Items = items;
        Size = size;
        ReclaimableSize = reclaimableSize;
    }

    /// <summary>The kind.</summary>
    public DiskUsageKind Kind { get; }

    /// <summary>How many there are.</summary>
    public int Count => Items.Count;

    /// <summary>How many of them are in use: images that containers were made from, containers that run, volumes that containers have.</summary>
    public int InUse => Items.Count(static i => i.InUse);

    /// <summary>Bytes that they take together; what several share counts once.</summary>
    public long Size { get; }

    /// <summary>Bytes that would be free if all went that is not in use.</summary>
    public long ReclaimableSize { get; }

    /// <summary>Each one.</summary>
    public IReadOnlyList<DiskUsageItem> Items { get; }

    /// <summary>The kind.</summary>
    public override string ToString() => Kind.ToString();
}
