using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Processes;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>kill [--all] ID [SIGNAL]</c>: signals the container's first process, or all of them.</summary>
internal static class KillCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var all = false;
        while (arguments.NextOption() is { } name)
            all = name is "--all" or "-a" ? arguments.Switch() : throw arguments.Unknown("kill");
        var directory = StateDirectory.Open(options.Root, arguments.Operand("The container's id"));
        var text = arguments.OptionalOperand() ?? "SIGTERM";
        arguments.End();
        var signal = 0;
        if (text != "0" && !Signals.TryParse(text, out signal))
            throw new CommandException($"'{text}' is not a signal: give a name such as SIGTERM, or a number from 1 to {Signals.Maximum}.");
        var state = directory.Read();
        var group = state.CgroupPath is { } path ? Cgroup.At(path) : null;
        if (all && group is not null)
            SignalAll(group, signal);
        else
            SignalFirst(directory, state, signal);
        // In version 1 even SIGKILL waits until the group is thawed.
        if (signal == Signals.Kill && group?.IsFrozen == true)
            group.Thaw();
        return 0;
    }

    private static void SignalFirst(StateDirectory directory, ContainerStateFile state, int signal)
    {
        using var process = StateDirectory.OpenProcess(state);
        if (process is not null && signal != 0)
            YoungCommand.AwaitHandler(directory, state.Pid, signal);
        if (process is null || (signal != 0 && !process.SendSignal(signal)))
            throw new CommandException($"The container '{directory.Id}' is stopped, there is no process to signal (container not running).");
    }

    private static void SignalAll(Cgroup group, int signal)
    {
        if (signal == Signals.Kill)
        {
            group.Kill();
            return;
        }
        foreach (var pid in signal == 0 ? [] : group.Processes())
        {
            using var process = PidFd.TryOpen(pid);
            _ = process?.SendSignal(signal);
        }
    }
}
