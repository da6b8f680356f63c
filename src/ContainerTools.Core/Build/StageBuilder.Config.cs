using ContainerTools.Core.Build.Language;
using ContainerTools.Linux;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build;

/// <content>The instructions that only change the configuration.</content>
internal sealed partial class StageBuilder
{
    private async Task<bool> ExecuteAsync(Instruction instruction)
    {
        switch (instruction)
        {
            case RunInstruction run:
                await RunCommandAsync(run);
                return true;
            case FileTransferInstruction transfer:
                await TransferAsync(transfer);
                return true;
            case WorkdirInstruction workdir:
                await EnterDirectoryAsync(workdir);
                return true;
        }

        config = Change(instruction);
        AddHistory(instruction.Summary, null, isEmpty: true);
        Report(BuildStepStatus.Done, instruction.Summary);
        return true;
    }

    private ImageConfig Change(Instruction instruction) => instruction switch
    {
        EnvInstruction => With(c => c with { Env = [.. scope.Environment.Select(static e => $"{e.Key}={e.Value}")] }),
        LabelInstruction label => With(c => c with { Labels = Merge(c.Labels, label.Labels.Select(static l => KeyValuePair.Create(l.Name, l.Value!))) }),
        UserInstruction user => With(c => c with { User = user.User }),
        CmdInstruction command => SetCommand(command.Command),
        EntrypointInstruction entrypoint => SetEntrypoint(entrypoint.Command),
        ExposeInstruction expose => With(c => c with { ExposedPorts = Union(c.ExposedPorts, expose.Ports) }),
        VolumeInstruction volume => With(c => c with { Volumes = Union(c.Volumes, volume.Paths) }),
        StopSignalInstruction stop => Signals.TryParse(stop.Signal, out _)
            ? With(c => c with { StopSignal = stop.Signal })
            : throw new BuildProblemException("BuildSignalInvalid", $"'{stop.Signal}' is no signal; SIGTERM, HUP and 9 are examples of signals"),
        ShellInstruction shell => With(c => c with { Shell = shell.Arguments }),
        HealthcheckInstruction check => With(c => c with { Healthcheck = Healthcheck(check) }),
        OnBuildInstruction trigger => With(c => c with { OnBuild = [.. c.OnBuild ?? [], trigger.Trigger] }),
        MaintainerInstruction maintainer => config with { Author = maintainer.Author },
        ArgInstruction => config,
        _ => throw new BuildProblemException("BuildInstructionNotSupported", $"{instruction.Name} is not supported here"),
    };

    private ImageConfig With(Func<ImageRuntimeConfig, ImageRuntimeConfig> change) => config with { Config = change(config.Config) };

    private ImageConfig SetCommand(CommandLine command)
    {
        hasOwnCommand = true;
        return With(c => c with { Cmd = NullIfEmpty(command.ToArguments(Shell)) });
    }

    // The base's command was meant for the base's entrypoint.
    private ImageConfig SetEntrypoint(CommandLine command) =>
        With(c => c with { Entrypoint = NullIfEmpty(command.ToArguments(Shell)), Cmd = hasOwnCommand ? c.Cmd : null });

    private static ImageHealthcheck Healthcheck(HealthcheckInstruction check) => new()
    {
        Test = check.Command is not { } command ? ["NONE"] : command.IsShellForm ? ["CMD-SHELL", .. command.Arguments] : ["CMD", .. command.Arguments],
        Interval = check.Interval,
        Timeout = check.Timeout,
        StartPeriod = check.StartPeriod,
        StartInterval = check.StartInterval,
        Retries = check.Retries,
    };

    // The times of entries without a layer are the image's own, which is known at the end.
    private void AddHistory(string createdBy, DateTimeOffset? created, bool isEmpty) => config = config with
    {
        History = [.. config.History, new ImageHistoryEntry { Created = created, CreatedBy = createdBy, EmptyLayer = isEmpty }],
    };

    private void AddLayer(Cache.BuildCacheRecord record, string createdBy)
    {
        records.Add(record);
        if (record.Blob is { } blob)
        {
            blobs.Add(blob);
            config = config with { RootFs = new ImageRootFs { DiffIds = [.. DiffIds, record.DiffId] } };
        }

        AddHistory(createdBy, record.Created, record.Blob is null);
    }

    internal static SortedDictionary<string, string> Merge(IReadOnlyDictionary<string, string>? old, IEnumerable<KeyValuePair<string, string>> added)
    {
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in (old ?? new Dictionary<string, string>()).Concat(added))
        {
            result[name] = value;
        }

        return result;
    }

    private static List<string> Union(IReadOnlyList<string>? old, IEnumerable<string> added) =>
        [.. (old ?? []).Concat(added).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static IReadOnlyList<string>? NullIfEmpty(IReadOnlyList<string> list) => list.Count > 0 ? list : null;
}
