namespace ContainerTools;

/// <summary>Something that Optimize-ContainerStorage has removed.</summary>
/// <param name="Kind">What it was.</param>
/// <param name="Name">Its name; for leftovers, how many they were.</param>
/// <param name="FreedSize">Bytes that this freed, as far as sizes are known.</param>
public sealed record StorageRemoval(DiskUsageKind Kind, string Name, long FreedSize);
