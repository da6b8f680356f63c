using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Hooks;
using ContainerTools.Runtime.Launching;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>delete [--force] ID</c>: removes what is left of a stopped container; with force it is killed first, and need not exist.</summary>
internal static class DeleteCommand
{
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(10);

    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var force = false;
        while (arguments.NextOption() is { } name)
            force = name is "--force" or "-f" ? arguments.Switch() : throw arguments.Unknown("delete");
        var id = arguments.Operand("The container's id");
        arguments.End();
        StateDirectory directory;
        try
        {
            directory = StateDirectory.Open(options.Root, id);
        }
        catch (CommandException) when (force)
        {
            return 0;
        }
        Delete(options, directory, force);
        return 0;
    }

    /// <summary>Removes a container's traces: its processes when forced, its control group, its state. Then the poststop hooks run.</summary>
    public static void Delete(GlobalOptions options, StateDirectory directory, bool force)
    {
        var state = TryRead(options, directory, force);
        if (state is null)
        {
            if (!force)
                _ = directory.Read();
            directory.Remove();
            return;
        }
        var status = directory.Status(state);
        // A created container never ran its command: the specification lets only stopped ones go, all runtimes kill it too.
        if (status is not ("stopped" or "created") && !force)
            throw new CommandException($"The container '{directory.Id}' is {status}: kill it first, or use --force.");
        using (var process = StateDirectory.OpenProcess(state))
        {
            process?.SendSignal(Signals.Kill);
            if (state.CgroupPath is { } path)
            {
                var group = Cgroup.At(path);
                group.Kill();
                group.Thaw();
            }
            if (process is not null && !process.WaitForExit(KillLimit, CancellationToken.None))
                throw new CommandException($"The container '{directory.Id}' does not end: its process {state.Pid} does not react to SIGKILL.");
        }
        if (state.CgroupPath is { } group2 && !SystemdScope.Remove(group2, state.Scope))
            throw new CommandException($"The control group '{group2}' of container '{directory.Id}' still has processes.");
        Finish(options, directory, state, state.Pid == 0 ? null : ReadHooks(options, directory, force));
    }

    private static List<HookSpec>? ReadHooks(GlobalOptions options, StateDirectory directory, bool force)
    {
        try
        {
            return directory.ReadConfig().Hooks?.Poststop;
        }
        catch (CommandException e) when (force)
        {
            RuntimeLog.Warn(options, $"{e.Message} No poststop hook of it is run.");
            return null;
        }
    }

    private static ContainerStateFile? TryRead(GlobalOptions options, StateDirectory directory, bool force)
    {
        try
        {
            return directory.TryRead();
        }
        catch (CommandException) when (force)
        {
            return directory.Guess(options.CgroupManager);
        }
    }

    /// <summary>Removes the state of a container that is gone, then runs its poststop hooks.</summary>
    public static void Finish(GlobalOptions options, StateDirectory directory, ContainerStateFile state, IReadOnlyList<HookSpec>? poststop)
    {
        directory.Remove();
        if (poststop is { Count: > 0 })
            HookRunner.RunPoststop(poststop, directory.Describe(state, "stopped"), options);
    }
}
