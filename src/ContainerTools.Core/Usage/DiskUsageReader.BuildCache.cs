using ContainerTools.Core.Build.Cache;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;

namespace ContainerTools.Core.Usage;

public sealed partial class DiskUsageReader
{
    private DiskUsage ReadBuildCache(CancellationToken ct)
    {
        var sizes = Sizes();
        var leased = Lease.ActiveKeys(paths);
        var others = catalog.List().SelectMany(i => KeysOf([i])).Concat(containers.LayerKeysInUse()).ToHashSet();

        // Several keys may stand for one result, and several steps come to one layer.
        var results = cache.List().GroupBy(static r => r.Blob is { } blob ? blob.Digest.ToString() : r.Key).Select(static g => g.ToList()).ToList();
        var keys = results.Select(r => r.SelectMany(BuildCache.KeysOf).Where(sizes.ContainsKey).ToHashSet()).ToList();
        var owners = keys.SelectMany(static k => k).GroupBy(static k => k).ToDictionary(static g => g.Key, static g => g.Count());
        var items = results.Zip(keys).Select(r => new DiskUsageItem(DiskUsageKind.BuildCache, [r.First[^1].Step], r.First[^1].Key)
        {
            OtherIds = [.. r.First.SkipLast(1).Select(static o => o.Key)],
            Size = r.Second.Sum(k => sizes[k]),
            SharedSize = r.Second.Where(k => others.Contains(k) || owners[k] > 1).Sum(k => sizes[k]),
            InUse = r.Second.Any(leased.Contains),
            Since = r.First[^1].LastUsed,
        }).ToList();
        var needed = keys.Zip(items).Where(static p => p.Second.InUse).SelectMany(static p => p.First).Concat(others).ToHashSet();
        var mounts = cache.ListMounts().Select(m => new DiskUsageItem(DiskUsageKind.BuildCache, [$"cache mount {m.Id}"], BuildCachePruner.MountPrefix + m.Name)
        {
            Size = OwnedTree.Measure(paths, m.Path, ct),
            InUse = cache.IsMountInUse(m.Name),
            Since = m.LastUsed,
        }).ToList();
        return new DiskUsage(
            DiskUsageKind.BuildCache,
            [.. items, .. mounts],
            owners.Keys.Sum(k => sizes[k]) + mounts.Sum(static m => m.Size),
            owners.Keys.Where(k => !needed.Contains(k)).Sum(k => sizes[k]) + mounts.Where(static m => !m.InUse).Sum(static m => m.Size));
    }
}
