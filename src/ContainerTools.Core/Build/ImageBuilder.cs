using System.Text;
using System.Text.Json;
using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Files;
using ContainerTools.Core.Build.Language;
using ContainerTools.Core.Build.Output;
using ContainerTools.Core.Build.Sources;
using ContainerTools.Core.Build.Ssh;
using ContainerTools.Core.Content;
using ContainerTools.Core.Images;
using ContainerTools.Core.Usage;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Events;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build;

/// <summary>Builds images from Containerfiles.</summary>
/// <param name="paths">The store.</param>
/// <param name="containers">The store's containers, in which RUN works.</param>
public sealed class ImageBuilder(StorePaths paths, ContainerManager containers)
{
    /// <summary>
    /// Builds an image. Stages that the target does not need are passed over, independent ones are built side by side, and a step whose inputs are as before
    /// is taken from the cache. A build that fails or is cancelled leaves no container, no mount and no image, and the cache keeps what has succeeded.
    /// </summary>
    /// <param name="options">What to build.</param>
    /// <param name="progress">Told of steps, output and warnings, on any thread.</param>
    /// <param name="ct">Cancels the build.</param>
    /// <returns>The image under its first name; null when it was only written elsewhere and is not in the store.</returns>
    /// <exception cref="ContainerfileException">The Containerfile, or a step of it; it says where.</exception>
    /// <exception cref="ContainerToolsException">BuildContextNotFound, ContainerfileNotFound, BuildTargetNotFound, BuildOutputInvalid, StorageFull.</exception>
    public async Task<Image?> BuildAsync(BuildOptions options, IProgress<BuildProgress>? progress, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        options = new BuiltInArguments(options.BuildArguments).Apply(options);
        foreach (var output in options.Outputs)
        {
            output.Check();
        }

        await BuildContainers.RemoveAbandonedAsync(paths, containers);
        _ = new ContentStore(paths).DeleteAbandoned();
        using var workspace = new BuildWorkspace(paths);
        using var trees = new TreeOpener(paths, ct);
        using var agents = new SshAgents(workspace, options.SshAgents);
        var secrets = new SourceSecrets(options);
        var environment = new BuildEnvironment(paths, containers, workspace, trees, agents, new GitClient(workspace, new GitSettings(workspace, agents, secrets)), secrets);
        var context = await OpenContextAsync(environment, options, ct);
        var (file, path) = ContainerfileFinder.Read(context, options);
        var ignore = ContainerfileFinder.ReadIgnore(context, path);
        var target = FindTarget(file, options.Target);
        var scope = new BuildScope(file, new BuildScopeOptions
        {
            BuildArguments = options.BuildArguments,
            TargetPlatform = options.Platform ?? Platform.Current,
            TargetStage = target.Name,
            Ignore = ignore,
        });
        Warn(file, scope, progress);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var session = new BuildSession(environment, options with { ContextPath = context.Directory }, file, scope, ignore, progress, ct);
        session.Stages = new StageRuns(session, stop.Token);
        try
        {
            await LoadCachesAsync(session, stop.Token);
            var result = await session.Stages.RunWithNeededAsync(target);
            if (await session.Stages.SettleAsync() is { } failure)
            {
                throw failure;
            }

            var image = await FinishAsync(session, result, ct);
            KeepCacheWithinLimit(session, ct);
            return image;
        }
        catch (Exception e)
        {
            // Another stage's error may be the cause, and containers of all of them must be gone before we say so.
            await stop.CancelAsync();
            var first = await session.Stages.SettleAsync();
            ct.ThrowIfCancellationRequested();
            throw first is null or OperationCanceledException ? e : first;
        }
    }

    private static async Task<OpenedContext> OpenContextAsync(BuildEnvironment environment, BuildOptions options, CancellationToken ct)
    {
        var opener = new ContextOpener(environment.Workspace, environment.Trees, new LayerStore(environment.Paths), environment.Git, environment.Secrets)
        {
            KeepGitDirectory = new BuiltInArguments(options.BuildArguments).KeepGitDirectory,
        };
        try
        {
            return options.Context is { } stream ? await opener.OpenAsync(stream, ct) : await opener.OpenAsync(options.ContextPath, ct);
        }
        catch (BuildProblemException e)
        {
            var kind = e.ErrorId.EndsWith("NotFound", StringComparison.Ordinal) ? ErrorKind.NotFound
                : e.ErrorId.EndsWith("AuthenticationFailed", StringComparison.Ordinal) ? ErrorKind.AuthenticationFailed
                : e.ErrorId.EndsWith("Failed", StringComparison.Ordinal) ? ErrorKind.Unavailable : ErrorKind.InvalidData;
            throw new ContainerToolsException(e.ErrorId, kind, $"{char.ToUpperInvariant(e.Message[0])}{e.Message[1..]}.", options.ContextPath, e);
        }
    }

    private static Stage FindTarget(Containerfile file, string? target) => target is null ? file.Stages[^1]
        : file.FindStage(target) ?? throw new ContainerToolsException("BuildTargetNotFound", ErrorKind.NotFound,
            $"'{file.FileName}' has no stage '{target}'. It has {string.Join(", ", file.Stages.Select(static s => s.Name ?? s.Index.ToString(System.Globalization.CultureInfo.InvariantCulture)))}.", target);

    private static void Warn(Containerfile file, BuildScope scope, IProgress<BuildProgress>? progress)
    {
        if (file.ErrorOf([.. file.Warnings]) is { } error)
        {
            throw error;
        }

        foreach (var warning in file.Warnings)
        {
            progress?.Report(new BuildProgress(BuildStepStatus.Warning, "", 0, 0, $"{file.FileName}:{warning.Range}: {warning.Message} ({warning.Rule})"));
        }

        foreach (string name in scope.UnusedBuildArguments)
        {
            progress?.Report(new BuildProgress(BuildStepStatus.Warning, "", 0, 0, $"The build argument '{name}' is given, but no ARG in '{file.FileName}' asks for it."));
        }
    }

    private static async Task LoadCachesAsync(BuildSession session, CancellationToken ct)
    {
        foreach (var location in session.Options.NoCache ? [] : session.Options.CacheFrom)
        {
            try
            {
                await session.RemoteCache.LoadAsync(location, session.Options.Platform ?? Platform.Current, ct);
            }
            catch (ContainerToolsException e)
            {
                // A first build has none yet, and any build can do without.
                session.Report(new BuildProgress(BuildStepStatus.Warning, "", 0, 0, $"Building without the cache '{location}'. {e.Message}"));
            }
        }
    }

    private async Task<Image?> FinishAsync(BuildSession session, StageResult result, CancellationToken ct)
    {
        await session.Supply.EnsureAsync(result.DiffIds, result.Blobs, ct);
        var (config, made) = Describe(session, result, ct);
        IReadOnlyList<BuildCacheRecord> own = [.. result.Records, made];
        session.KeepFetched();
        foreach (var location in session.Options.CacheTo.Where(static l => l.Reference is not null))
        {
            await ExportAsync(session, location, location.IsComplete ? [.. own, .. await session.Stages.ListRecordsAsync()] : own, ct);
        }

        var annotations = session.Options.CacheTo.Any(static l => l.Reference is null)
            ? new Dictionary<string, string> { [BuildCacheList.Annotation] = Encoding.UTF8.GetString(BuildCacheList.Write(own)) } : null;
        var assembler = new ImageAssembler(session.Content, session.Layers, new ImageCatalog(session.Content), session.Lease);
        var images = assembler.Make(config, result.Blobs, session.Options.Names, ct, annotations);
        using var outputs = new OutputWriter(session);
        await Task.Factory.StartNew(() => outputs.Stage(result.DiffIds, images, ct), ct, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        bool isKept = session.Options.Outputs.Count == 0 || session.Options.Names.Count > 0;
        if (isKept)
        {
            assembler.Add(images, ct);
            EventLog.Add(paths.Root, ContainerEventType.Image, ContainerEventAction.Build, images[0].Id, images[0].ToString());
        }

        outputs.Commit();
        return isKept ? images[0] : null;
    }

    // The build is done, whatever becomes of this.
    private void KeepCacheWithinLimit(BuildSession session, CancellationToken ct)
    {
        if (!session.HasAdded)
        {
            return;
        }

        try
        {
            new BuildCachePruner(paths).KeepWithinLimit(ct);
        }
        catch (Exception e) when (e is ContainerToolsException or IOException or UnauthorizedAccessException)
        {
            session.Report(new BuildProgress(BuildStepStatus.Warning, "", 0, 0, $"The build cache was not looked through for what is old. {e.Message}"));
        }
    }

    private static async Task ExportAsync(BuildSession session, CacheLocation location, IReadOnlyList<BuildCacheRecord> records, CancellationToken ct)
    {
        string text = $"Write the build cache to {location}";
        session.Report(new BuildProgress(BuildStepStatus.Started, "cache", 1, 1, text));
        try
        {
            await new CacheExporter(session.Supply).ExportAsync(location.Reference!, records, ct);
            session.Report(new BuildProgress(BuildStepStatus.Done, "cache", 1, 1, text));
        }
        catch (ContainerToolsException e) when (location.IgnoresErrors)
        {
            session.Report(new BuildProgress(BuildStepStatus.Warning, "cache", 1, 1, e.Message));
        }
    }

    private static (ImageConfig Config, BuildCacheRecord Made) Describe(BuildSession session, StageResult result, CancellationToken ct)
    {
        var options = session.Options;
        var config = result.Config;
        if (options.Labels.Count > 0)
        {
            config = config with { Config = config.Config with { Labels = StageBuilder.Merge(config.Config.Labels, options.Labels) } };
        }

        // An image that was built before keeps its time: building again changes nothing, not even the digest.
        string key = CacheKey.Of("image", JsonSerializer.Serialize(config with { Created = null }, OciJson.Default.ImageConfig), options.SourceDate?.ToString("O"));
        var made = session.FindStep(key, [], ct);
        if (made is null)
        {
            made = new BuildCacheRecord { Key = key, Step = "image", Created = session.Created };
            session.Cache.Add(made);
        }

        return (config with
        {
            Created = made.Created,
            History = [.. config.History.Select(h => h.Created is null && h.EmptyLayer ? h with { Created = made.Created } : h)],
        }, made);
    }
}
