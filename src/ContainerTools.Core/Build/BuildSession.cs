using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Files;
using ContainerTools.Core.Build.Language;
using ContainerTools.Core.Build.Sources;
using ContainerTools.Core.Build.Ssh;
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
    private readonly HashSet<string> warned = [];
    private readonly Dictionary<string, RemoteFiles> remotes = [];
    private readonly Dictionary<string, Task<string>> digests = [];

    internal BuildSession(BuildEnvironment environment, BuildOptions options, Containerfile file, BuildScope scope, IgnoreFile? ignore, IProgress<BuildProgress>? progress, CancellationToken ct)
    {
        (Paths, Containers, Workspace, Trees, Agents, Git, Secrets) = environment;
        Options = options;
        BuiltIn = new BuiltInArguments(options.BuildArguments);
        File = file;
        Scope = scope;
        Ignore = ignore;
        this.progress = progress;
        Content = new ContentStore(Paths);
        Layers = new LayerStore(Paths);
        Images = new ImageStore(Paths);
        Cache = new BuildCache(Paths);
        Content.EnsureCreated();
        Lease = Lease.Create(Paths, ct);
        Contexts = new BuildContexts(this, ct);
        Supply = new LayerSupply(this);
        RemoteCache = new RemoteCache(Supply);
    }

    internal StorePaths Paths { get; }

    internal ContainerManager Containers { get; }

    internal BuildWorkspace Workspace { get; }

    internal TreeOpener Trees { get; }

    internal SshAgents Agents { get; }

    internal GitClient Git { get; }

    internal SourceSecrets Secrets { get; }

    internal BuildOptions Options { get; }

    internal BuiltInArguments BuiltIn { get; }

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

    /// <summary>Whether results may come from or go to another place, where what they stand on may be missing.</summary>
    internal bool SharesCache => Options.CacheFrom.Count + Options.CacheTo.Count > 0;

    /// <summary>Whether a stage may be left out because all that is taken of it is in a cache; not where the cache of all stages is to be written.</summary>
    internal bool LeavesStagesOut => Options.CacheFrom.Count > 0 && !Options.NoCache && !Options.CacheTo.Any(static l => l.IsComplete);

    /// <summary>What an ADD takes from elsewhere; the same for the same instruction.</summary>
    internal RemoteFiles FindRemote(AddInstruction? add)
    {
        if (add is null)
        {
            return new RemoteFiles(this, null);
        }

        string key = CacheKey.Of([add.Checksum, add.KeepGitDirectory?.ToString(), .. add.Sources, "heredocs", .. add.Heredocs.Select(static h => h.Name)]);
        lock (gate)
        {
            return remotes.TryGetValue(key, out var known) ? known : remotes[key] = new RemoteFiles(this, add);
        }
    }

    /// <summary>A digest of files that nothing changes during the build; it is made once.</summary>
    internal Task<string> DigestAsync(string key, Func<Task<string>> make)
    {
        lock (gate)
        {
            return digests.TryGetValue(key, out var known) ? known : digests[key] = make();
        }
    }

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

    /// <summary>Whether the cache has got new results with files.</summary>
    internal bool HasAdded { get; set; }

    /// <summary>Makes what was found in other places part of this store's cache, as far as it is here now.</summary>
    internal void KeepFetched()
    {
        foreach (var record in fetched.Where(r => r.Blob is null || Content.Contains(r.Blob.Digest, r.Blob.Size)).SelectMany(static r => r.ForEachKey()))
        {
            Cache.Add(record);
            HasAdded |= record.Blob is not null;
        }
    }

    /// <summary>Reports what is wrong in the file, which a stage that is planned and executed comes by twice.</summary>
    internal void WarnOnce(BuildProgress warning)
    {
        lock (gate)
        {
            if (!warned.Add(warning.Text))
            {
                return;
            }
        }

        Report(warning);
    }

    internal void Report(BuildProgress report) => progress?.Report(report);

    public void Dispose()
    {
        Contexts.Dispose();
        Supply.Dispose();
        Lease.Dispose();
        RunSlots.Dispose();
    }
}
