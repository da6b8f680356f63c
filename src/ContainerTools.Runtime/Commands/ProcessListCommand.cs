using System.Globalization;
using System.Text;
using ContainerTools.Linux.Processes;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>ps [--format table|json] ID [PS-OPTIONS]</c>: a container's processes, by their ids on the host; the table is ps(1)'s.</summary>
internal static class ProcessListCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var json = false;
        while (arguments.NextOption() is { } name)
            json = name is "--format" or "-f" ? OutputFormat.IsJson(arguments) : throw arguments.Unknown("ps");
        var directory = StateDirectory.Open(options.Root, arguments.Operand("The container's id"));
        var rest = arguments.Rest();
        var processes = Processes(directory, directory.Read());
        StandardStreams.Out(json ? "[" + string.Join(',', processes) + "]\n" : Table(processes, rest.Count > 0 ? rest : ["-ef"]));
        return 0;
    }

    private static HashSet<int> Processes(StateDirectory directory, ContainerStateFile state)
    {
        if (directory.Status(state) == "stopped")
            throw new CommandException($"The container '{directory.Id}' is stopped: it has no processes.");
        return state.CgroupPath is null ? [state.Pid] : [.. PauseCommand.Group(directory, state).Processes()];
    }

    private static string Table(HashSet<int> processes, IReadOnlyList<string> options)
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':').Select(directory => Path.Combine(directory, "ps")).FirstOrDefault(File.Exists)
            ?? throw new CommandException("There is no ps program in the PATH; 'ps --format json' needs none.");
        var (status, output) = ChildOutput.Read(program, ["ps", .. options]);
        if (status.ShellCode != 0)
            throw new CommandException($"'ps {string.Join(' ', options)}' failed with exit code {status.ShellCode}.");
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var column = Array.IndexOf(lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries), "PID");
        if (column < 0)
            throw new CommandException($"The output of 'ps {string.Join(' ', options)}' has no column PID, by which the container's processes are found.");
        var text = new StringBuilder(lines[0]).Append('\n');
        foreach (var line in lines.Skip(1))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > column && int.TryParse(words[column], NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && processes.Contains(pid))
                text.Append(line).Append('\n');
        }
        return text.ToString();
    }
}
