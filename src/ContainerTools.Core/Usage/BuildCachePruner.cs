using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Images;
using ContainerTools.Engine;
using ContainerTools.Engine.Store;

namespace ContainerTools.Core.Usage;

/// <summary>Keeps the build cache from growing for ever: removes what was of no use for long, and what is more than may be kept. What a build uses stays.</summary>
/// <param name="paths">The store.</param>
public sealed class BuildCachePruner(StorePaths paths)
{
    /// <summary>The variable that says how much the cache may take: a number of bytes, 0 for no limit.</summary>
    public const string LimitVariable = "CONTAINERTOOLS_BUILD_CACHE_LIMIT";

    /// <summary>What the ids of cache mounts begin with; a step's is its key.</summary>
    internal const string MountPrefix = "mount/";

    private const long DefaultLimit = 20L << 30;

    private static readonly TimeSpan MaximumAge = TimeSpan.FromDays(60);

    private static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(5);

    private readonly BuildCache cache = new(paths);

    /// <summary>What to remove of the cache, the one longest out of use first.</summary>
    /// <param name="usage">What the cache has.</param>
    /// <param name="olderThan">Spare what was used since.</param>
    /// <param name="keep">How many bytes that only the cache needs may stay; null to remove everything that is old enough.</param>
    public static IReadOnlyList<DiskUsageItem> Select(DiskUsage usage, TimeSpan olderThan, long? keep)
    {
        ArgumentNullException.ThrowIfNull(usage);
        long total = usage.Items.Sum(static i => i.UniqueSize);
        var selected = new List<DiskUsageItem>();
        foreach (var item in usage.Items.Where(i => !i.InUse && IsOld(i, olderThan)).OrderBy(static i => i.Since))
        {
            if (keep is { } limit && total <= limit)
            {
                break;
            }

            selected.Add(item);
            total -= item.UniqueSize;
        }

        return selected;
    }

    /// <summary>Removes something from the cache. A step's layer goes with the next collection, if nothing else needs it.</summary>
    public void Remove(DiskUsageItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (item.Id.StartsWith(MountPrefix, StringComparison.Ordinal))
        {
            if (!cache.RemoveMount(item.Id[MountPrefix.Length..]))
            {
                throw new ContainerToolsException("BuildCacheInUse", ErrorKind.InUse, $"The {item.Name} is in use by a build. It was not removed.", item);
            }

            return;
        }

        foreach (string key in item.OtherIds.Prepend(item.Id))
        {
            cache.Remove(key);
        }
    }

    /// <summary>After a build that has added to the cache: removes what was not used for 60 days, and what is above the limit. At most every five minutes it looks.</summary>
    internal void KeepWithinLimit(CancellationToken ct)
    {
        var stamp = new FileInfo(Path.Combine(paths.Root, "build-cache", "checked"));
        if (stamp.Exists && DateTime.UtcNow - stamp.LastWriteTimeUtc is var since && since >= TimeSpan.Zero && since < CheckInterval)
        {
            return;
        }

        File.WriteAllBytes(stamp.FullName, []);
        var usage = new DiskUsageReader(paths).Read(DiskUsageKind.BuildCache, ct);
        var old = Select(usage, MaximumAge, null);
        var all = FindLimit() is { } limit ? old.Union(Select(usage, TimeSpan.Zero, limit)).ToList() : old;
        foreach (var item in all)
        {
            Remove(item);
        }

        if (all.Count > 0)
        {
            new ImageStore(paths).Collect(ct);
        }
    }

    private long? FindLimit()
    {
        if (Environment.GetEnvironmentVariable(LimitVariable) is { Length: > 0 } text)
        {
            return long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long given) ? (given == 0 ? null : given)
                : throw new ContainerToolsException("BuildCacheLimitInvalid", ErrorKind.InvalidArgument, $"{LimitVariable} is '{text}', which is no number of bytes.", text);
        }

        return Math.Min(DefaultLimit, new DriveInfo(paths.Root).TotalSize / 10);
    }

    private static bool IsOld(DiskUsageItem item, TimeSpan age) => age == TimeSpan.Zero || (item.Since is { } since && DateTimeOffset.UtcNow - since >= age);
}
