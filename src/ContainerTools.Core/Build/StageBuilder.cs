using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Language;
using ContainerTools.Engine;
using ContainerTools.Engine.Layers;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build;

/// <summary>Executes the instructions of one stage, one after the other.</summary>
internal sealed partial class StageBuilder
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly string[] DefaultShell = ["/bin/sh", "-c"];

    private readonly BuildSession session;
    private readonly Stage stage;
    private readonly CancellationToken ct;
    private readonly List<Descriptor> blobs = [];
    private readonly List<BuildCacheRecord> records = [];
    private readonly Platform platform;
    private ImageConfig config;
    private StageScope scope;
    private string? planned;
    private IReadOnlyList<Instruction> instructions = [];
    private bool hasOwnCommand;
    private int step;
    private int steps;

    internal StageBuilder(BuildSession session, Stage stage, CancellationToken ct)
    {
        this.session = session;
        this.stage = stage;
        this.ct = ct;
        var from = session.Scope.ExpandFrom(stage);
        platform = from.Platform is { } text
            ? Platform.TryParse(text, out var given) ? given : throw session.File.Error("BuildPlatformInvalid", $"'{text}' is no platform, such as linux/arm64", stage.From.Range)
            : session.Options.Platform ?? Platform.Current;
        config = new ImageConfig { Os = platform.Os, Architecture = platform.Architecture, Variant = platform.Variant };
        scope = session.Scope.Enter(stage, []);
        steps = stage.Instructions.Count + 1;
    }

    private IReadOnlyList<Digest> DiffIds => config.RootFs.DiffIds;

    private IReadOnlyList<string> Shell => config.Config.Shell is { Count: > 0 } shell ? shell : DefaultShell;

    private string WorkingDirectory => string.IsNullOrEmpty(config.Config.WorkingDir) ? "/" : config.Config.WorkingDir;

    private string StageName => stage.Name ?? stage.Index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    internal async Task<StageResult> RunAsync()
    {
        await GoThroughAsync();
        return new StageResult(config, blobs, scope, records);
    }

    /// <summary>Goes through the instructions without executing them.</summary>
    internal async Task<StagePlan> PlanAsync()
    {
        planned = new BuildFiles().Identity;
        await GoThroughAsync();
        return new StagePlan(planned!, config, scope);
    }

    private bool IsPlan => planned is not null;

    private async Task GoThroughAsync()
    {
        var from = session.Scope.ExpandFrom(stage);
        var triggers = await AtAsync(stage.From, from.Summary, () => BeginAsync(from));
        steps += triggers.Count;
        instructions = [.. triggers, .. stage.Instructions];
        foreach (var instruction in instructions)
        {
            ct.ThrowIfCancellationRequested();
            var expanded = scope.Apply(instruction);
            await AtAsync(instruction, instruction.Summary, () => ExecuteAsync(expanded));
        }

        foreach (var warning in scope.Warnings)
        {
            session.WarnOnce(new BuildProgress(BuildStepStatus.Warning, StageName, step, steps, $"{session.File.FileName}:{warning.Range}: {warning.Message} ({warning.Rule})"));
        }

        if (session.File.ErrorOf(scope.Warnings) is { } error)
        {
            throw error;
        }
    }

    private async Task<IReadOnlyList<Instruction>> BeginAsync(FromInstruction from)
    {
        if (from.BaseName.Equals("scratch", StringComparison.OrdinalIgnoreCase) && !session.Options.BuildContexts.ContainsKey(from.BaseName))
        {
            // As other builders begin with nothing.
            config = config with { Config = new ImageRuntimeConfig { Env = [DefaultPath], WorkingDir = "/" } };
            scope = session.Scope.Enter(stage, Environment(config));
            return [];
        }

        StageResult below;
        if (!session.Options.BuildContexts.ContainsKey(from.BaseName) && session.File.FindStage(from.BaseName, stage.Index, allowIndex: false) is { } earlier)
        {
            below = IsPlan ? await PlanBaseAsync(earlier) : await session.Stages.RunAsync(earlier);
            scope = session.Scope.Enter(stage, below.Scope!);
        }
        else
        {
            if (await session.Contexts.FindDirectoryAsync(from.BaseName) is not null)
            {
                throw new BuildProblemException("BuildBaseIsDirectory", $"the build context '{from.BaseName}' is a directory, which cannot be a base image; begin with scratch and copy from it");
            }

            var image = await session.Contexts.FindImageAsync(from.BaseName, platform, ct);
            below = new StageResult(WithPath(image.Config), image.Manifest.Layers, null, []);
            planned = IsPlan ? new BuildFiles { DiffIds = image.Layers }.Identity : null;
            scope = session.Scope.Enter(stage, Environment(below.Config));
        }

        config = below.Config;
        blobs.AddRange(below.Blobs);
        records.AddRange(below.Records);
        var triggers = (config.Config.OnBuild ?? []).Select(t => ContainerfileParser.ParseTrigger(t, session.File, stage)).ToList();
        config = config with { Config = config.Config with { OnBuild = null } };
        return triggers;
    }

    // A stage has a PATH always: without one, commands of a base image that names none would not be found.
    private static ImageConfig WithPath(ImageConfig image) => Environment(image).Any(static e => e.Key == "PATH") ? image
        : image with { Config = image.Config with { Env = [.. image.Config.Env ?? [], DefaultPath] } };

    private static IEnumerable<KeyValuePair<string, string>> Environment(ImageConfig image) =>
        (image.Config.Env ?? []).Select(static e => e.Split('=', 2)).Where(static p => p.Length == 2).Select(static p => KeyValuePair.Create(p[0], p[1]));

    // Whatever goes wrong in a step says where the step stands.
    private async Task<T> AtAsync<T>(Instruction instruction, string summary, Func<Task<T>> execute)
    {
        step++;
        Report(BuildStepStatus.Started, summary);
        try
        {
            return await execute();
        }
        catch (BuildProblemException e)
        {
            throw session.File.Error(e.ErrorId, e.Message, instruction.Range, e);
        }
        catch (ContainerToolsException e) when (e is not ContainerfileException)
        {
            throw session.File.Error(e.ErrorId, e.Message, instruction.Range, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whose disk is full, or who may not read a file of the context, is told so.
            var known = ContainerToolsException.FromIO(e, "BuildFileFailed", "a file of this step could not be read or written");
            throw session.File.Error(known.ErrorId, known.Message, instruction.Range, e);
        }
    }

    private async Task<StageResult> PlanBaseAsync(Stage earlier)
    {
        var plan = await session.Stages.PlanAsync(earlier);
        planned = plan.Identity;
        return new StageResult(plan.Config, [], plan.Scope, []);
    }

    // What is only planned, nobody need know of.
    private void Report(BuildStepStatus status, string text)
    {
        if (!IsPlan)
        {
            session.Report(new BuildProgress(status, StageName, step, steps, text));
        }
    }

    private async Task<IReadOnlyList<Layer>> ResolveLayersAsync()
    {
        await session.Supply.EnsureAsync(DiffIds, blobs, ct);
        return session.Layers.Resolve(DiffIds);
    }

    // Work on mounts and on files, on a thread that ends with it.
    private Task<T> OnOwnThread<T>(Func<T> work) => Task.Factory.StartNew(work, ct, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
