using System.Globalization;
using System.Text;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>list [--quiet] [--format table|json]</c>: the containers under the state root.</summary>
internal static class ListCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var (quiet, json) = (false, false);
        while (arguments.NextOption() is { } name)
        {
            if (name is "--quiet" or "-q")
                quiet = arguments.Switch();
            else
                json = name is "--format" or "-f" ? OutputFormat.IsJson(arguments) : throw arguments.Unknown("list");
        }
        arguments.End();
        var containers = new List<(StateDirectory Directory, ContainerStateFile State)>();
        foreach (var directory in StateDirectory.List(options.Root))
        {
            try
            {
                if (directory.TryRead() is { } state)
                    containers.Add((directory, state));
            }
            catch (CommandException e)
            {
                // The others are there all the same.
                RuntimeLog.Warn(options, e.Message);
            }
        }
        StandardStreams.Out(quiet ? string.Concat(containers.Select(container => container.Directory.Id + "\n"))
            : json ? StateReport.Write(containers, asList: true)
            : Table(containers));
        return 0;
    }

    private static string Table(List<(StateDirectory Directory, ContainerStateFile State)> containers)
    {
        var text = new StringBuilder();
        Append("ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER");
        foreach (var (directory, state) in containers)
        {
            var status = directory.Status(state);
            Append(directory.Id, status == "stopped" ? "0" : state.Pid.ToString(CultureInfo.InvariantCulture), status, state.Bundle, StateReport.Created(state), StateReport.Owner(directory));
        }
        return text.ToString();

        void Append(string id, string pid, string status, string bundle, string created, string owner) =>
            text.Append(CultureInfo.InvariantCulture, $"{id,-20} {pid,-8} {status,-8} {bundle,-30} {created,-28} {owner}\n");
    }
}
