using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>state ID</c>: prints the state document.</summary>
internal static class StateCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var (directory, state) = StateDirectory.ReadOnly(options.Root, arguments, "state");
        StandardStreams.Out(StateReport.Write([(directory, state)], asList: false));
        return 0;
    }
}
