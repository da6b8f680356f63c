using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Hooks;
using ContainerTools.Runtime.Launching;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>start ID</c>: lets a created container run its command.</summary>
internal static class StartCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        if (arguments.NextOption() is not null)
            throw arguments.Unknown("start");
        var directory = StateDirectory.Open(options.Root, arguments.Operand("The container's id"));
        arguments.End();
        var state = directory.Read();
        var status = directory.Status(state);
        if (status != "created")
            throw new CommandException($"The container '{directory.Id}' is {status}: only a created one can be started.");
        var spec = directory.ReadConfig();
        ContainerHooks.AtStart(spec, directory, state);
        try
        {
            StartFifos.Release(directory.DirectoryPath, spec);
        }
        catch (ContainerToolsException e)
        {
            // It said why and is about to end; whoever asks next must find it stopped.
            using var process = StateDirectory.OpenProcess(state);
            process?.WaitForExit(TimeSpan.FromSeconds(5), CancellationToken.None);
            throw ContainerCreator.WithExitCode(e);
        }
        try
        {
            HookRunner.Run("poststart", spec.Hooks?.Poststart, directory.Describe(state, "running"));
        }
        catch (CommandException)
        {
            Stop(state);
            throw;
        }
        return 0;
    }

    // The specification has a failed poststart hook end the container; 'delete' removes it.
    private static void Stop(ContainerStateFile state)
    {
        using var process = StateDirectory.OpenProcess(state);
        process?.SendSignal(Signals.Kill);
        if (state.CgroupPath is { } path)
            Cgroup.At(path).Kill();
        process?.WaitForExit(TimeSpan.FromSeconds(5), CancellationToken.None);
    }
}
