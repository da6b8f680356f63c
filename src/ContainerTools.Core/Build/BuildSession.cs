using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Language;
using ContainerTools.Core.Content;
using ContainerTools.Core.Images;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Store;
using ContainerTools.Linux.Files;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build;

/// <summary>What the stages of one build have in common. Safe for use by several threads.</summary>
internal sealed class BuildSession : IDisposable
{
    private readonly Lock gate = new();
    private readonly IProgress<BuildProgress>? progress;
    private readonly List<BuildCacheRecord> fetched = [];
    private string? directory;
    private int names;

    internal BuildSession(StorePaths paths, ContainerManager containers, BuildOptions options, Containerfile file, BuildScope scope, IgnoreFile? ignore, IProgress<BuildProgress>? progress, CancellationToken ct)
    {
        Paths = paths;
        Containers = containers;
        Options = options;
        File = file;
        Scope = scope;
        Ignore = ignore;
        this.progress = progress;
        Content = new ContentStore(paths);
        Layers = new LayerStore(paths);
        Images = new ImageStore(paths);
        Cache = new BuildCache(paths);
        Content.EnsureCreated();
        Lease = Lease.Create(paths, ct);
        Contexts = new BuildContexts(this);
        Supply = new LayerSupply(this);
        RemoteCache = new RemoteCache(Supply);
    }

    internal StorePaths Paths { get; }

    internal ContainerManager Containers { get; }

    internal BuildOptions Options { get; }

    internal Containerfile File { get; }

    internal BuildScope Scope { get; }

    internal IgnoreFile? Ignore { get; }

    internal ContentStore Content { get; }

    internal LayerStore Layers { get; }

    internal ImageStore Images { get; }

    internal BuildCache Cache { get; }

    internal Lease Lease { get; }

    internal BuildContexts Contexts { get; }

    internal LayerSupply Supply { get; }

    internal RemoteCache RemoteCache { get; }

    /// <summary>The stages that have been begun, by number.</summary>
    internal StageRuns Stages { get; set; } = null!;

    /// <summary>Lets as many commands run at once as there are processors.</summary>
    internal SemaphoreSlim RunSlots { get; } = new(Environment.ProcessorCount);

    /// <summary>The latest time that new files say.</summary>
    internal FileTime? LatestTime => Options.SourceDate is { } date ? new FileTime(date.ToUnixTimeSeconds(), 0) : null;

    /// <summary>The time of what a step makes.</summary>
    internal FileTime Now => LatestTime ?? FileTime.Now;

    /// <summary>The same, as history entries have it.</summary>
    internal DateTimeOffset Created => Options.SourceDate ?? DateTimeOffset.UtcNow;

    /// <summary>Makes a directory for the build's own files; it goes when the build ends.</summary>
    internal string MakeDirectory()
    {
        lock (gate)
        {
            directory ??= Directory.CreateDirectory(
                Path.Combine(Paths.Temporary, BuildContainers.DirectoryPrefix + Guid.NewGuid().ToString("N")), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
            return Directory.CreateDirectory(Path.Combine(directory, (names++).ToString(System.Globalization.CultureInfo.InvariantCulture))).FullName;
        }
    }

    /// <summary>Whether results may come from or go to another place, where what they stand on may be missing.</summary>
    internal bool SharesCache => Options.CacheFrom.Count + Options.CacheTo.Count > 0;

    /// <summary>The result of a step, if this store's cache or one of another place has it.</summary>
    internal BuildCacheRecord? FindStep(string key, IReadOnlyList<Digest> below, CancellationToken ct)
    {
        if (Options.NoCache)
        {
            return null;
        }

        if (Cache.Find(key, below, Content, Layers, Lease, ct) is { } here)
        {
            return here;
        }

        var found = RemoteCache.Find(key, below, Lease, ct);
        if (found is not null)
        {
            lock (gate)
            {
                fetched.Add(found);
            }
        }

        return found;
    }

    /// <summary>Makes what was found in other places part of this store's cache, as far as it is here now.</summary>
    internal void KeepFetched()
    {
        foreach (var record in fetched.Where(r => r.Blob is null || Content.Contains(r.Blob.Digest, r.Blob.Size)).SelectMany(static r => r.ForEachKey()))
        {
            Cache.Add(record);
        }
    }

    internal void Report(BuildProgress report) => progress?.Report(report);

    public void Dispose()
    {
        Contexts.Dispose();
        Supply.Dispose();
        Lease.Dispose();
        RunSlots.Dispose();
        if (directory is not null)
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
