using System.Globalization;
using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Devices;
using ContainerTools.Core.Build.Language;
using ContainerTools.Core.Images;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Logs;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build;

/// <content>RUN: a command in a container whose changes become a layer.</content>
internal sealed partial class StageBuilder
{
    private const int LastLines = 15;

    private async Task RunCommandAsync(RunInstruction run)
    {
        if (run.Security is RunSecurity.Insecure && !session.Options.AllowInsecure)
        {
            throw new BuildProblemException("BuildInsecureNotAllowed", "RUN --security=insecure has all rights, so the build must allow it: use -AllowInsecure");
        }

        IReadOnlyList<string> arguments = run.ScriptFile is { } script ? [$"/dev/pipes/{script.Name}"] : run.Command.ToArguments(Shell);
        if (arguments.Count == 0)
        {
            throw new BuildProblemException("BuildRunEmpty", "RUN has nothing to run");
        }

        var devices = DeviceRegistry.Find(run.Devices, session.Options.AllowInsecure);
        using var mounts = new RunMounts(session, Absolute, FindFilesAsync, OnOwnThread<string>, ct);
        string createdBy = "RUN " + run.Summary[Math.Min(run.Summary.Length, run.Keyword.Length)..].TrimStart();
        string Key(IEnumerable<string> mountParts) => CacheKey.Of(
            ["run", !IsPlan && DiffIds.Count == 0 ? "" : Identity, platform.ToString(), config.Config.User, WorkingDirectory,
                run.Network.ToString(), run.Security.ToString(), EpochText, "arguments", .. arguments, "script", run.ScriptFile?.Content,
                "environment", .. scope.RunEnvironment.Select(static e => $"{e.Key}={e.Value}"), "mounts", .. mountParts,
                .. session.BuiltIn.HostName is { } host ? ["host", host] : Array.Empty<string>(),
                .. devices.Names.SelectMany(static n => (string[])["device", n])]);
        string? plannedKey = IsPlan || (session.SharesCache && run.Mounts.Any(m => m.Type == RunMountType.Bind && FindStage(m.From) is not null))
            ? Key(await mounts.FindPlannedKeyPartsAsync(run, FindPlannedIdentityAsync)) : null;
        if (IsPlan)
        {
            planned = plannedKey;
            return;
        }

        if (TryTakePlanned(plannedKey, createdBy))
        {
            return;
        }

        await mounts.PrepareAsync(run);
        string? quickKey = mounts.QuickKeyParts is { } quickParts ? Key(quickParts) : null;
        if (await TryCacheAsync([quickKey, plannedKey], async () => Key(await mounts.FindKeyPartsAsync()), createdBy) is not { } key)
        {
            return;
        }

        await session.RunSlots.WaitAsync(ct);
        try
        {
            await mounts.MakeAsync();
            Keep(key, [quickKey, plannedKey], createdBy, await RunAsync(run, arguments, mounts, devices));
        }
        finally
        {
            session.RunSlots.Release();
        }

        Report(BuildStepStatus.Done, createdBy);
    }

    // What the files that a mount takes depend on; null for those of a directory, which must be looked at.
    private async Task<string?> FindPlannedIdentityAsync(string? from) => FindStage(from) is { } other ? (await session.Stages.PlanAsync(other)).Identity : (await FindFilesAsync(from)).Identity;

    private async Task<BuiltLayer?> RunAsync(RunInstruction run, IReadOnlyList<string> arguments, RunMounts mounts, RunDevices devices)
    {
        var container = session.Containers.Create(ContainerOptions(run, arguments, mounts, devices), ContainerImage(await ResolveLayersAsync()), ct);
        try
        {
            container = await session.Containers.StartAsync(container, ct);
            var last = new Queue<string>();
            await foreach (var record in session.Containers.ReadLogAsync(container, new LogOptions { Follow = true }, ct))
            {
                Report(record.Stream is ContainerStream.Error ? BuildStepStatus.ErrorOutput : BuildStepStatus.Output, record.Message);
                last.Enqueue(record.Message);
                if (last.Count > LastLines)
                {
                    last.Dequeue();
                }
            }

            container = await session.Containers.WaitAsync(container, ct);
            if (container.ExitCode != 0)
            {
                string said = last.Count == 0 ? ", and said nothing" : ". Its last lines:\n    " + string.Join("\n    ", last);
                string memory = container.OutOfMemory ? " for want of memory" : "";
                throw new BuildProblemException("BuildRunFailed", string.Create(CultureInfo.InvariantCulture, $"the command ended{memory} with exit code {container.ExitCode}{said}"));
            }

            return await MakeLayerAsync(container);
        }
        finally
        {
            // Not with our own token: this is what must be done when the build was stopped.
            await session.Containers.RemoveAsync(container, new RemoveContainerOptions { Force = true, RemoveVolumes = true }, CancellationToken.None);
        }
    }

    private async Task<BuiltLayer?> MakeLayerAsync(Container ended)
    {
        var builder = new LayerBuilder(session.Content, session.Layers, session.Lease);
        var output = new LayerOutput { LatestTime = session.LatestTime };
        if (await session.Containers.OpenLayerAsync(ended, ct) is not { } changes)
        {
            return await builder.BuildAsync((stream, token) => session.Containers.WriteLayerAsync(ended, stream, output, token), DiffIds, ct);
        }

        // Files whose times the tar does not have as they are would not be the layer's.
        bool asTheyAre = changes.CanBeTaken && output.LatestTime is null;
        return await builder.BuildAsync(
            (stream, token) => ContainerManager.WriteLayerAsync(ended, changes, stream, output, token), DiffIds, asTheyAre ? () => session.Layers.Take(changes) : null, ct);
    }

    private ContainerOptions ContainerOptions(RunInstruction run, IReadOnlyList<string> arguments, RunMounts mounts, RunDevices devices)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (name, value) in session.Scope.ProxyEnvironment.Concat(scope.RunEnvironment).Concat(mounts.Environment).Concat(devices.Environment))
        {
            environment[name] = value;
        }

        return new ContainerOptions
        {
            Entrypoint = [arguments[0]],
            Command = [.. arguments.Skip(1)],
            Environment = environment,
            HostName = session.BuiltIn.HostName ?? "build",
            Volumes = [.. mounts.Volumes, .. devices.Mounts],
            Devices = devices.Nodes,
            GroupAdd = devices.Groups,
            TmpFs = mounts.TmpFs,
            Network = run.Network switch { RunNetwork.None => "none", RunNetwork.Host => "host", _ => session.Options.Network },
            Privileged = run.Security is RunSecurity.Insecure,
            Labels = new Dictionary<string, string> { [BuildContainers.Label] = BuildContainers.OwnerText },
            StopTimeout = TimeSpan.Zero,
            Volatile = true,
            Warning = text => Report(BuildStepStatus.Warning, text),
        };
    }

    private ContainerImage ContainerImage(IReadOnlyList<Engine.Layers.Layer> layers) => new()
    {
        Reference = $"build {StageName}",
        Id = "",
        Config = new ImageConfig { Os = config.Os, Architecture = config.Architecture, Config = new ImageRuntimeConfig { User = config.Config.User, WorkingDir = WorkingDirectory } },
        Layers = layers,
    };
}
