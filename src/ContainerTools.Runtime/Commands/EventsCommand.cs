using System.Globalization;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary>
/// <c>events [--stats] [--interval 5s] ID</c>: prints what a container uses, one JSON object a line, again and again until it ends, and a line for every
/// time that the kernel killed one of its processes for want of memory. With <c>--stats</c> once.
/// </summary>
internal static class EventsCommand
{
    private static readonly (string Suffix, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];

    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var (once, interval) = (false, TimeSpan.FromSeconds(5));
        while (arguments.NextOption() is { } name)
        {
            if (name == "--stats")
                once = arguments.Switch();
            else
                interval = name == "--interval" ? Interval(arguments.Value()) : throw arguments.Unknown("events");
        }
        var directory = StateDirectory.Open(options.Root, arguments.Operand("The container's id"));
        arguments.End();
        var state = directory.Read();
        var group = PauseCommand.Group(directory, state);
        using var process = StateDirectory.OpenProcess(state);
        if (process is null)
            throw new CommandException($"The container '{directory.Id}' is stopped: nothing happens in it any more.");
        if (once)
        {
            StandardStreams.Out(StatisticsReport.Write(directory.Id, group, state.Pid));
            return 0;
        }
        Follow(directory.Id, group, state.Pid, () => process.WaitForExit(interval, CancellationToken.None));
        return 0;
    }

    private static void Follow(string id, Cgroup group, int pid, Func<bool> ended)
    {
        var kills = group.OutOfMemoryKills;
        StandardStreams.Out(StatisticsReport.Write(id, group, pid));
        while (true)
        {
            var last = ended();
            for (var now = group.OutOfMemoryKills; kills < now; kills++)
                StandardStreams.Out(StatisticsReport.WriteOutOfMemory(id));
            if (last)
                return;
            StandardStreams.Out(StatisticsReport.Write(id, group, pid));
        }
    }

    private static TimeSpan Interval(string text)
    {
        foreach (var (suffix, seconds) in Units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal) && double.TryParse(text[..^suffix.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number * seconds is >= 0.001 and < int.MaxValue / 1000)
                return TimeSpan.FromSeconds(number * seconds);
        }
        throw new CommandException($"'--interval {text}': give a time such as 5s, 500ms or 1m.");
    }
}
