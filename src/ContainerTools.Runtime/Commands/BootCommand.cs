using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;
using ContainerTools.Runtime.CommandLine;

namespace ContainerTools.Runtime.Commands;

/// <summary>
/// <c>boot [--stop] [--store DIR] [--run DIR]</c>: starts the containers that are to run after a boot, or stops all before a shutdown. It is what the service unit of the
/// package runs.
/// </summary>
internal static class BootCommand
{
    public static int Run(ArgumentReader arguments)
    {
        var stop = false;
        string? store = null, run = null;
        while (arguments.NextOption() is { } name)
        {
            switch (name)
            {
                case "--stop":
                    stop = arguments.Switch();
                    break;
                case "--store":
                    store = Path.GetFullPath(arguments.Value());
                    break;
                case "--run":
                    run = Path.GetFullPath(arguments.Value());
                    break;
                default:
                    throw arguments.Unknown("boot");
            }
        }
        arguments.End();
        if (store is null != run is null)
            throw new CommandException("'--store' and '--run' belong together: the store's root, and the root of its run state.");
        var paths = store is null ? StorePaths.FromEnvironment() : new StorePaths(store, run!);
        // A host without containers stays without a store.
        if (!Directory.Exists(paths.Containers))
            return 0;
        paths.EnsureCreated();
        var program = Environment.ProcessPath ?? "/proc/self/exe";
        SessionWorker.Program = program;
        var manager = new ContainerManager(paths, program);
        if (stop)
            manager.StopForShutdown(Report);
        else
            manager.StartAfterBoot(Report, CancellationToken.None);
        // One container that cannot run is no reason for the service, and with it all others, to count as failed.
        return 0;

        void Report(Container container, Engine.ContainerToolsException? error)
        {
            if (error is null)
                StandardStreams.Out($"{container.Name} ({container.ShortId}) {(stop ? "has ended" : "runs")}\n");
            else
                StandardStreams.Error($"ctrun: {container.Name} ({container.ShortId}): {error.Message}\n");
        }
    }
}
