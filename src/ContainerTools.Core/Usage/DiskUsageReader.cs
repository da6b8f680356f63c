using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Content;
using ContainerTools.Core.Images;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Volumes;

namespace ContainerTools.Core.Usage;

/// <summary>Finds out what takes how much space in a store. It changes nothing.</summary>
public sealed partial class DiskUsageReader
{
    private readonly StorePaths paths;
    private readonly ContentStore content;
    private readonly LayerStore layers;
    private readonly ImageCatalog catalog;
    private readonly ContainerManager containers;
    private readonly VolumeStore volumes;
    private readonly BuildCache cache;

    /// <summary>Reads a store.</summary>
    public DiskUsageReader(StorePaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        this.paths = paths;
        content = new ContentStore(paths);
        layers = new LayerStore(paths);
        catalog = new ImageCatalog(content);
        containers = new ContainerManager(paths, "ctrun");
        volumes = new VolumeStore(paths);
        cache = new BuildCache(paths);
    }

    /// <summary>Measures one kind.</summary>
    /// <exception cref="Engine.ContainerToolsException">The store cannot be read.</exception>
    public DiskUsage Read(DiskUsageKind kind, CancellationToken ct) => kind switch
    {
        DiskUsageKind.Image => ReadImages(),
        DiskUsageKind.Container => ReadContainers(ct),
        DiskUsageKind.Volume => ReadVolumes(ct),
        DiskUsageKind.BuildCache => ReadBuildCache(ct),
        _ => ReadLeftovers(ct),
    };

    private DiskUsage ReadImages()
    {
        var sizes = Sizes();
        var leased = Lease.ActiveKeys(paths);
        var users = containers.List().ToLookup(static c => c.ImageId, static c => c.Name);

        // A container needs its layers also when its image's name was moved away, and so does the build cache; a lease is another shell at work.
        var kept = containers.LayerKeysInUse().Concat(cache.KeysInUse()).ToHashSet();

        // An image's layers may be there once more, for containers with ids of their own; without such a container that is a leftover.
        var copies = layers.List().Where(l => l.CopyOf is not null && (kept.Contains(l.Key) || leased.Contains(l.Key))).ToLookup(static l => l.CopyOf!, static l => l.Key);
        var images = catalog.List().GroupBy(static i => i.Id)
            .Select(g => (Names: g.ToList(), Keys: KeysOf(g).Where(sizes.ContainsKey).SelectMany(k => copies[k].Prepend(k)).ToHashSet())).ToList();
        var owners = images.SelectMany(static i => i.Keys).GroupBy(static k => k).ToDictionary(static g => g.Key, static g => g.Count());
        var items = images.Select(i => new DiskUsageItem(DiskUsageKind.Image, [.. i.Names.Select(static n => n.Reference?.Familiar).OfType<string>()], i.Names[0].Id)
        {
            Size = i.Keys.Sum(k => sizes[k]),
            SharedSize = i.Keys.Where(k => owners[k] > 1 || kept.Contains(k) || leased.Contains(k)).Sum(k => sizes[k]),
            InUse = users[i.Names[0].Id].Any() || i.Names.Any(n => leased.Contains(LayerKeys.OfBlob(n.Digest))),
            UsedBy = [.. users[i.Names[0].Id]],
            Since = ArrivalOf(i.Names[0]),
        }).ToList();
        var needed = images.Zip(items).Where(static p => p.Second.InUse).SelectMany(static p => p.First.Keys).Concat(kept).Concat(leased).ToHashSet();
        return new DiskUsage(DiskUsageKind.Image, items, owners.Keys.Sum(k => sizes[k]), owners.Keys.Where(k => !needed.Contains(k)).Sum(k => sizes[k]));
    }

    private Dictionary<string, long> Sizes()
    {
        var sizes = content.List().ToDictionary(static b => LayerKeys.OfBlob(b.Digest), static b => b.Size);
        foreach (var layer in layers.List())
        {
            sizes[layer.Key] = layer.Size;
        }

        return sizes;
    }

    private IEnumerable<string> KeysOf(IEnumerable<Image> images) => images.SelectMany(i =>
        i.Manifest.Layers.Append(i.Manifest.Config).Append(i.Descriptor).Select(static d => LayerKeys.OfBlob(d.Digest))
            .Concat(Enumerable.Range(1, i.Layers.Count).Select(n => layers.Find([.. i.Layers.Take(n)])?.Key).OfType<string>()));

    private DateTimeOffset? ArrivalOf(Image image)
    {
        var file = new FileInfo(content.PathOf(image.Digest));
        return file.Exists ? file.LastWriteTimeUtc : null;
    }

    private DiskUsage ReadContainers(CancellationToken ct)
    {
        var items = containers.List().Select(c =>
        {
            bool runs = c.State is not (ContainerState.Exited or ContainerState.Created);
            return new DiskUsageItem(DiskUsageKind.Container, [c.Name], c.Id)
            {
                Size = OwnedTree.Measure(paths, c.Directory, ct),
                InUse = runs,
                UsedBy = runs ? [c.Name] : [],
                Since = c.FinishedAt ?? c.StartedAt ?? c.CreatedAt,
            };
        }).ToList();
        return Independent(DiskUsageKind.Container, items);
    }

    private DiskUsage ReadVolumes(CancellationToken ct)
    {
        var items = volumes.List().Select(v => new DiskUsageItem(DiskUsageKind.Volume, [v.Name], v.Name)
        {
            Size = OwnedTree.Measure(paths, v.MountPoint, ct),
            InUse = v.UsedBy.Count > 0,
            UsedBy = v.UsedBy,
            Since = v.CreatedAt,
        }).ToList();
        return Independent(DiskUsageKind.Volume, items);
    }

    private DiskUsage ReadLeftovers(CancellationToken ct)
    {
        var (unneededLayers, unneededBlobs) = new ImageCollector(paths, content, layers, containers).Find(ct);
        var items = unneededLayers.Select(static l => new DiskUsageItem(DiskUsageKind.Leftover, [], l.Key) { Size = l.Size })
            .Concat(unneededBlobs.Select(static b => new DiskUsageItem(DiskUsageKind.Leftover, [], b.Digest.ToString()) { Size = b.Size })).ToList();
        return Independent(DiskUsageKind.Leftover, items);
    }

    private static DiskUsage Independent(DiskUsageKind kind, List<DiskUsageItem> items) =>
        new(kind, items, items.Sum(static i => i.Size), items.Where(static i => !i.InUse).Sum(static i => i.Size));
}
