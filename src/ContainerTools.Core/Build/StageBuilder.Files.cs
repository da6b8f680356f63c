using System.Text;
using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Files;
using ContainerTools.Core.Build.Language;
using ContainerTools.Core.Build.Sources;
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
        string? other = (instruction as CopyInstruction)?.From;
        string? plannedKey = FindStage(other) is { } source && session.SharesCache ? TransferKey(instruction, (await session.Stages.PlanAsync(source)).Identity) : null;
        if (IsPlan && plannedKey is not null)
        {
            planned = plannedKey;
            return;
        }

        if (TryTakePlanned(plannedKey, createdBy))
        {
            return;
        }

        var remote = session.FindRemote(instruction as AddInstruction);
        await remote.ResolveAsync(ct);
        IReadOnlyDictionary<string, FetchedSource> fetched = new Dictionary<string, FetchedSource>();
        var from = await FindFilesAsync(other);
        string? identity = from.Identity ?? remote.Identity;
        if (identity is null && session.SharesCache)
        {
            fetched = await remote.FetchAsync(ct);
            identity = await IdentifyAsync(instruction, from, fetched);
        }

        string? quickKey = identity is null ? null : TransferKey(instruction, identity);
        if (IsPlan)
        {
            planned = quickKey!;
            return;
        }

        long Write(Stream output, FileTime? latest, bool quiet)
        {
            using var source = from.Open(session);
            using var below = OpenBelow();
            var request = Request(instruction, from, fetched, source, below) with { Owner = FindOwner(instruction.Owner, below) };
            return Archive(output, (writer) => new TransferWriter(quiet ? request with { Warn = static _ => { } } : request, writer, latest, ct).Write());
        }

        await LayerAsync(
            [quickKey, plannedKey],
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

    private TransferRequest Request(FileTransferInstruction instruction, BuildFiles from, IReadOnlyDictionary<string, FetchedSource> fetched, FileSource source, FileSource below) => new()
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

    // What comes of layers depends on the layers, which need not be looked into, or even be here; what comes of a stage depends on its instructions, so that it need not be executed.
    private string TransferKey(FileTransferInstruction instruction, string identity) => CacheKey.Of(
        ["files-of", identity, Identity, Absolute(instruction.Destination), instruction.Owner, instruction.Mode, EpochText,
            $"{instruction.Link} {(instruction as CopyInstruction)?.Parents}", .. Selection(instruction)]);

    // What an instruction takes of what it is given.
    private static IEnumerable<string?> Selection(FileTransferInstruction instruction) =>
        ["sources", .. instruction.Sources, "exclude", .. instruction.Exclude, .. instruction.Heredocs.SelectMany(static h => new[] { "heredoc", h.Name, h.Content })];

    // A context's files are here; what they are put upon may be missing where results are shared, so that they are then looked at by themselves as well.
    private Task<string> IdentifyAsync(FileTransferInstruction instruction, BuildFiles from, IReadOnlyDictionary<string, FetchedSource> fetched)
    {
        var alone = instruction with { Owner = null, Link = true, Destination = "/files/" };
        string? options = instruction is AddInstruction add ? $"{add.Unpack} {add.KeepGitDirectory} {add.Checksum}" : $"{((CopyInstruction)instruction).Parents}";
        string key = CacheKey.Of([from.Directory, $"{from.Ignore is not null}", instruction.Mode, options, .. Selection(instruction)]);
        return session.DigestAsync(key, () => OnOwnThread(() => DigestOf(output =>
        {
            using var source = from.Open(session);
            var quiet = Request(alone, from, fetched, source, FileSource.Empty) with { Destination = alone.Destination, Warn = static _ => { } };
            Archive(output, writer => new TransferWriter(quiet, writer, FileTime.Epoch, ct).Write());
        })));
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

        string quickKey = CacheKey.Of("directory-on", Identity, path, user, EpochText);
        if (IsPlan)
        {
            planned = quickKey;
            return;
        }

        await LayerAsync(
            [quickKey],
            async () =>
            {
                await ResolveLayersAsync();
                return CacheKey.Of("directory", await OnOwnThread(() => DigestOf(output => Write(output, FileTime.Epoch))), EpochText);
            },
            instruction.Summary,
            (output, _) => OnOwnThread(() => Write(output, session.LatestTime)));
    }

    // What is below, as the cache knows it.
    private string Identity => planned ?? new BuildFiles { DiffIds = DiffIds }.Identity!;

    // The stage of this file that a name means.
    private Stage? FindStage(string? name) => name is null || session.Options.BuildContexts.ContainsKey(name) ? null : session.File.FindStage(name, stage.Index);

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

        if (FindStage(from) is { } other)
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
