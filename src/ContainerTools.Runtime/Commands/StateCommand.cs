using System.Text;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>state ID</c>: prints the state document.</summary>
internal static class StateCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        if (arguments.NextOption() is not null)
            throw arguments.Unknown("state");
        var directory = StateDirectory.Open(options.Root, arguments.Operand("The container's id"));
        arguments.End();
        StandardStreams.Out(Encoding.UTF8.GetString(RuntimeJson.WriteState(directory.Describe(directory.Read()))) + "\n");
        return 0;
    }
}
