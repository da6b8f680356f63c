using System.Text;
using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Files;
using ContainerTools.Core.Build.Language;
using ContainerTools.Core.Build.Sources;
using ContainerTools.Core.Images;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Users;
using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build;

/// <content>COPY, ADD and WORKDIR: they write their layer without a container.</content>
internal sealed partial class StageBuilder
{
    private async Task TransferAsync(FileTransferInstruction instruction)
    {
        string createdBy = instruction.Summary;
        var remote = new RemoteFiles(session, instruction as AddInstruction);
        await remote.ResolveAsync(ct);
        IReadOnlyDictionary<string, FetchedSource> fetched = new Dictionary<string, FetchedSource>();
        var from = await FindFilesAsync((instruction as CopyInstruction)?.From);
        TransferRequest Request(FileSource source, FileSource below) => new()
        {
            Instruction = instruction,
            Source = source,
            FromContext = from.Directory is not null,
            Ignore = from.Ignore,
            Target = below,
            Destination = Absolute(instruction.Destination),
            Mode = instruction.Mode is { } mode ? ModeChange.Parse(mode) : null,
            Fetched = fetched,
            Now = session.Now,
            Warn = text => Report(BuildStepStatus.Warning, text),
        };
        long Write(Stream output, FileTime? latest, bool quiet)
        {
            using var source = from.Open(session);
            using var below = OpenBelow();
            var request = Request(source, below) with { Owner = FindOwner(instruction.Owner, below) };
            return Archive(output, (writer) => new TransferWriter(quiet ? request with { Warn = static _ => { } } : request, writer, latest, ct).Write());
        }

        if (session.SharesCache && remote.Identity is null)
        {
            fetched = await remote.FetchAsync(ct);
        }

        string? quickKey = await FindQuickKeyAsync(instruction, from, remote.Identity, Request);
        await LayerAsync(
            quickKey,
            async () =>
            {
                fetched = await remote.FetchAsync(ct);
                await from.EnsureAsync(session, ct);
                await ResolveLayersAsync();
                string digest = await OnOwnThread(() => DigestOf(output => Write(output, FileTime.Epoch, quiet: true)));
                return CacheKey.Of("files", digest, EpochText);
            },
            createdBy,
            (output, _) => OnOwnThread(() => Write(output, session.LatestTime, quiet: false)));
    }

    // What comes of layers depends on the layers, which need not be looked into, or even be here. A context's files are here; what they are put upon
    // may be missing where results are shared, so that they are then looked at by themselves as well.
    private async Task<string?> FindQuickKeyAsync(FileTransferInstruction instruction, BuildFiles from, string? remote, Func<FileSource, FileSource, TransferRequest> request)
    {
        string? identity = from.Identity ?? remote;
        if (identity is null && session.SharesCache)
        {
            var alone = instruction with { Owner = null, Link = true, Destination = "/files/" };
            identity = await OnOwnThread(() => DigestOf(output =>
            {
                using var source = from.Open(session);
                using var nothing = FileSource.Empty;
                var quiet = request(source, nothing) with { Instruction = alone, Destination = alone.Destination, Warn = static _ => { } };
                Archive(output, writer => new TransferWriter(quiet, writer, FileTime.Epoch, ct).Write());
            }));
        }

        return identity is null ? null : CacheKey.Of(["files-of", identity, Identity, Absolute(instruction.Destination), instruction.Owner, instruction.Mode, EpochText,
            $"{instruction.Link} {(instruction as CopyInstruction)?.Parents}", "sources", .. instruction.Sources, "exclude", .. instruction.Exclude]);
    }

    private async Task EnterDirectoryAsync(WorkdirInstruction instruction)
    {
        string path = Absolute(instruction.Path);
        config = With(c => c with { WorkingDir = path.Length > 1 ? path.TrimEnd('/') : path });
        string user = config.Config.User ?? "";
        long Write(Stream output, FileTime? latest)
        {
            using var below = OpenBelow();
            byte[] directory = RootedPath.Resolve(below.Root, Encoding.UTF8.GetBytes(path));
            if (below.TryFind(directory, out var status))
            {
                return status.IsDirectory ? 0
                    : throw new BuildProblemException("BuildDestinationNotDirectory", $"'{path}' in the image is not a directory, so it cannot be the working directory");
            }

            var owner = FindOwner(user.Length > 0 ? user : null, below) ?? (0, 0);
            return Archive(output, writer => new DirectoryWriter(below, new EntryArchive(writer, latest, null, ct)).Make(directory, owner, session.Now));
        }

        await LayerAsync(
            CacheKey.Of("directory-on", Identity, path, user, EpochText),
            async () =>
            {
                await ResolveLayersAsync();
                return CacheKey.Of("directory", await OnOwnThread(() => DigestOf(output => Write(output, FileTime.Epoch))), EpochText);
            },
            instruction.Summary,
            (output, _) => OnOwnThread(() => Write(output, session.LatestTime)));
    }

    // What is below, as the cache knows it.
    private string Identity => new BuildFiles { DiffIds = DiffIds }.Identity!;

    private FileSource OpenBelow() => session.Trees.OpenLayers(session.Layers.Resolve(DiffIds));

    private string? EpochText => session.Options.SourceDate?.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Where the files of a name are: the build context for null, a stage, a named context or an image.</summary>
    private async Task<BuildFiles> FindFilesAsync(string? from)
    {
        if (from is null)
        {
            return new BuildFiles { Directory = session.Options.ContextPath, Ignore = session.Ignore };
        }

        if (await session.Contexts.FindDirectoryAsync(from) is { } directory)
        {
            return new BuildFiles { Directory = directory };
        }

        if (!session.Options.BuildContexts.ContainsKey(from) && session.File.FindStage(from, stage.Index) is { } other)
        {
            var result = await session.Stages.RunAsync(other);
            return new BuildFiles { DiffIds = result.DiffIds, Blobs = result.Blobs };
        }

        if (from.Equals("scratch", StringComparison.OrdinalIgnoreCase))
        {
            return new BuildFiles();
        }

        var image = await session.Contexts.FindImageAsync(from, platform, ct);
        return new BuildFiles { DiffIds = image.Layers, Blobs = image.Manifest.Layers };
    }

    /// <summary>Adds a layer: the cache's, or one that is written now.</summary>
    /// <param name="quickKey">A key that is known without looking at files; null for none.</param>
    /// <param name="findKey">Finds the key by what the files are.</param>
    /// <param name="createdBy">The step, for the history.</param>
    /// <param name="write">Writes the layer.</param>
    private async Task LayerAsync(string? quickKey, Func<Task<string>> findKey, string createdBy, Func<Stream, CancellationToken, Task<long>> write)
    {
        if (await TryCacheAsync(quickKey, findKey, createdBy) is not { } key)
        {
            return;
        }

        await ResolveLayersAsync();
        Keep(key, quickKey, createdBy, await new LayerBuilder(session.Content, session.Layers, session.Lease).BuildAsync(write, DiffIds, ct));
        Report(BuildStepStatus.Done, createdBy);
    }

    /// <summary>Adds the layer that a cache has.</summary>
    /// <returns>Null when there was one; otherwise the key under which to keep it.</returns>
    private async Task<string?> TryCacheAsync(string? quickKey, Func<Task<string>> findKey, string createdBy)
    {
        if (quickKey is not null && session.FindStep(quickKey, DiffIds, ct) is { } quick)
        {
            Take(quick, createdBy);
            return null;
        }

        string key = await findKey();
        if (session.FindStep(key, DiffIds, ct) is not { } known)
        {
            return key;
        }

        Take(quickKey is null ? known : KeepQuick(known, quickKey), createdBy);
        return null;
    }

    private void Take(BuildCacheRecord record, string createdBy)
    {
        AddLayer(record, createdBy);
        Report(BuildStepStatus.Cached, createdBy);
    }

    private BuildCacheRecord KeepQuick(BuildCacheRecord record, string quickKey)
    {
        var quick = record with { Key = quickKey, ContentKey = record.Key };
        session.Cache.Add(quick);
        return quick;
    }

    private void Keep(string key, string? quickKey, string createdBy, BuiltLayer? built)
    {
        var record = new BuildCacheRecord
        {
            Key = key,
            Step = createdBy,
            Created = session.Created,
            DiffId = built?.DiffId ?? default,
            ChainId = built is null ? default : ChainId.Of([.. DiffIds, built.DiffId]),
            Blob = built?.Descriptor,
            Size = built?.Size ?? 0,
        };
        session.Cache.Add(record);
        session.HasAdded |= record.Blob is not null;
        AddLayer(quickKey is null ? record : KeepQuick(record, quickKey), createdBy);
    }

    private static (uint User, uint Group)? FindOwner(string? owner, FileSource below)
    {
        if (string.IsNullOrEmpty(owner))
        {
            return null;
        }

        // A number needs no file, and is its own group's where none is named.
        string text = owner.Contains(':', StringComparison.Ordinal) || !uint.TryParse(owner, out _) ? owner : $"{owner}:{owner}";
        var user = UserResolver.Resolve(text, [], below.ReadText);
        return (user.UserId, user.GroupId);
    }

    private static string DigestOf(Action<Stream> write)
    {
        using var digest = new DigestStream();
        using (var buffered = new BufferedStream(digest, 256 << 10))
        {
            write(buffered);
            buffered.Flush();
            return digest.Finish();
        }
    }

    private static long Archive(Stream output, Func<TarWriter, long> write)
    {
        var buffered = new BufferedStream(output, 256 << 10);
        using var writer = new TarWriter(buffered);
        long count = write(writer);
        writer.Finish();
        buffered.Flush();
        return count;
    }

    private string Absolute(string path)
    {
        string whole = path.StartsWith('/') ? path : $"{WorkingDirectory.TrimEnd('/')}/{path}";
        string full = Path.GetFullPath(whole);
        return whole.EndsWith('/') || whole.EndsWith("/.", StringComparison.Ordinal) ? full.TrimEnd('/') + "/" : full;
    }
}
