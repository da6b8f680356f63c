namespace ContainerTools;

/// <summary>Ids of the host that containers can be given.</summary>
/// <param name="Start">First id, of users and groups alike.</param>
/// <param name="Count">How many.</param>
/// <param name="Source">Where they are from: a file with an entry for <c>containertools</c>, or the built-in rule.</param>
public sealed record HostIdRange(long Start, long Count, string Source)
{
    /// <summary>How many containers they are enough for, at 65,536 ids each.</summary>
    public long Containers => Count / 65536;

    /// <inheritdoc/>
    public override string ToString() => $"{Start}-{Start + Count - 1}";
}
