using System.Globalization;
using System.Text;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>list [--quiet]</c>: the containers under the state root.</summary>
internal static class ListCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var quiet = false;
        while (arguments.NextOption() is { } name)
            quiet = name is "--quiet" or "-q" ? arguments.Switch() : throw arguments.Unknown("list");
        arguments.End();
        var text = new StringBuilder(quiet ? "" : "ID                   PID      STATUS   CREATED               BUNDLE\n");
        foreach (var directory in StateDirectory.List(options.Root))
        {
            if (directory.TryRead() is not { } state)
                continue;
            text.Append(quiet ? directory.Id + "\n" : string.Create(CultureInfo.InvariantCulture,
                $"{directory.Id,-20} {state.Pid,-8} {directory.Status(state),-8} {state.Created.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}  {state.Bundle}\n"));
        }
        StandardStreams.Out(text.ToString());
        return 0;
    }
}
