using System.Text;
using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Files;
using ContainerTools.Core.Build.Language;
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
        var fetched = instruction is AddInstruction add ? await RemoteFiles.FetchAsync(session, add, ct) : [];
        var from = await FindFilesAsync((instruction as CopyInstruction)?.From);
        var target = ResolveLayers();
        TransferRequest Request(FileSource source, FileSource below) => new()
        {
            Instruction = instruction,
            Source = source,
            FromContext = from.Directory is not null,
            Ignore = from.Ignore,
            Target = below,
            Destination = Absolute(instruction.Destination),
            Owner = FindOwner(instruction.Owner, below),
            Mode = instruction.Mode is { } mode ? ModeChange.Parse(mode) : null,
            Fetched = fetched,
            Now = session.Now,
            Warn = text => Report(BuildStepStatus.Warning, text),
        };
        long Write(Stream output, FileTime? latest, bool quiet)
        {
            using var source = from.Directory is { } directory ? FileSource.OfDirectory(directory) : FileSource.OfLayers(from.Layers!);
            using var below = FileSource.OfLayers(target);
            var request = Request(source, below);
            return Archive(output, (writer) => new TransferWriter(quiet ? request with { Warn = static _ => { } } : request, writer, latest, ct).Write());
        }

        string digest = await OnOwnThread(() => DigestOf(output => Write(output, FileTime.Epoch, quiet: true)));
        string key = CacheKey.Of("files", digest, EpochText);
        await LayerAsync(key, createdBy, (output, _) => OnOwnThread(() => Write(output, session.LatestTime, quiet: false)));
    }

    private async Task EnterDirectoryAsync(WorkdirInstruction instruction)
    {
        string path = Absolute(instruction.Path);
        config = With(c => c with { WorkingDir = path.Length > 1 ? path.TrimEnd('/') : path });
        var target = ResolveLayers();
        string user = config.Config.User ?? "";
        long Write(Stream output, FileTime? latest)
        {
            using var below = FileSource.OfLayers(target);
            byte[] directory = RootedPath.Resolve(below.Root, Encoding.UTF8.GetBytes(path));
            if (below.TryFind(directory, out var status))
            {
                return status.IsDirectory ? 0
                    : throw new BuildProblemException("BuildDestinationNotDirectory", $"'{path}' in the image is not a directory, so it cannot be the working directory");
            }

            var owner = FindOwner(user.Length > 0 ? user : null, below) ?? (0, 0);
            return Archive(output, writer => new DirectoryWriter(below, new EntryArchive(writer, latest, null, ct)).Make(directory, owner, session.Now));
        }

        string digest = await OnOwnThread(() => DigestOf(output => Write(output, FileTime.Epoch)));
        await LayerAsync(CacheKey.Of("directory", digest, EpochText), instruction.Summary, (output, _) => OnOwnThread(() => Write(output, session.LatestTime)));
    }

    private string? EpochText => session.Options.SourceDate?.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Where the files of a name are: the build context for null, a stage, a named context or an image.</summary>
    private async Task<(string? Directory, IgnoreFile? Ignore, IReadOnlyList<Layer>? Layers)> FindFilesAsync(string? from)
    {
        if (from is null)
        {
            return (session.Options.ContextPath, session.Ignore, null);
        }

        if (session.Contexts.FindDirectory(from) is { } directory)
        {
            return (directory, null, null);
        }

        if (!session.Options.BuildContexts.ContainsKey(from) && session.File.FindStage(from, stage.Index) is { } other)
        {
            return (null, null, session.Layers.Resolve((await session.Stages.RunAsync(other)).DiffIds));
        }

        if (from.Equals("scratch", StringComparison.OrdinalIgnoreCase))
        {
            return (null, null, []);
        }

        var image = await session.Contexts.FindImageAsync(from, platform, ct);
        return (null, null, session.Layers.Resolve(image.Layers));
    }

    /// <summary>Adds a layer: the cache's, or one that is written now.</summary>
    private async Task LayerAsync(string key, string createdBy, Func<Stream, CancellationToken, Task<long>> write)
    {
        if (!session.Options.NoCache && session.Cache.Find(key, DiffIds, session.Content, session.Layers, session.Lease, ct) is { } known)
        {
            AddLayer(known, createdBy);
            Report(BuildStepStatus.Cached, createdBy);
            return;
        }

        var built = await new LayerBuilder(session.Content, session.Layers, session.Lease).BuildAsync(write, DiffIds, ct);
        Keep(key, createdBy, built);
        Report(BuildStepStatus.Done, createdBy);
    }

    private void Keep(string key, string createdBy, BuiltLayer? built)
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
        AddLayer(record, createdBy);
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
