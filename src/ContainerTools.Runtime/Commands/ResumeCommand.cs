using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>resume ID</c>: lets the processes of a paused container go on.</summary>
internal static class ResumeCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var (directory, state) = StateDirectory.ReadOnly(options.Root, arguments, "resume");
        var status = directory.Status(state);
        if (status != "paused")
            throw new CommandException($"The container '{directory.Id}' is {status}: only a paused one can be resumed.");
        PauseCommand.Group(directory, state).Thaw();
        return 0;
    }
}
