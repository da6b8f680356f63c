using ContainerTools.Linux.Cgroups;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>pause ID</c>: suspends all processes of a container.</summary>
internal static class PauseCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var (directory, state) = StateDirectory.ReadOnly(options.Root, arguments, "pause");
        var status = directory.Status(state);
        if (status is not ("running" or "created"))
            throw new CommandException($"The container '{directory.Id}' is {status}: only a running or created one can be paused.");
        Group(directory, state).Freeze();
        return 0;
    }

    /// <summary>The control group, by whose freezer a container is paused.</summary>
    public static Cgroup Group(StateDirectory directory, ContainerStateFile state) => state.CgroupPath is { } path
        ? Cgroup.At(path)
        : throw new CommandException($"The container '{directory.Id}' has no control group of its own, by which it could be paused or limited.");
}
