using System.Globalization;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;

namespace ContainerTools.Runtime.Commands;

/// <summary>The descriptors from 3 on that the caller hands to the container: as many as <c>--preserve-fds</c> says, and before them those of socket activation (sd_listen_fds(3)).</summary>
internal static class InheritedDescriptors
{
    private const int Most = 1024;

    /// <summary>Reads the option's value.</summary>
    public static int ReadCount(ArgumentReader arguments) =>
        int.TryParse(arguments.Value(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= Most
            ? count
            : throw new CommandException($"'--preserve-fds' takes a number from 0 to {Most}.");

    /// <summary>Counts them, sees that they are there, and tells the process of those that are sockets to listen on.</summary>
    /// <param name="preserved">How many the option names.</param>
    /// <param name="process">The process that gets them.</param>
    public static int Resolve(int preserved, ProcessSpec process)
    {
        var listening = Listening();
        if (listening > 0)
        {
            // The process is the first one in its container.
            process.Env = [.. (process.Env ?? []).Where(variable => !variable.StartsWith("LISTEN_", StringComparison.Ordinal)), $"LISTEN_FDS={listening}", "LISTEN_PID=1"];
            if (Environment.GetEnvironmentVariable("LISTEN_FDNAMES") is { } names)
                process.Env.Add("LISTEN_FDNAMES=" + names);
        }
        for (var descriptor = 3; descriptor < 3 + preserved + listening; descriptor++)
        {
            const int GetFlags = 1, CloseOnExec = 1;
            // What this process itself has opened closes on exec; handing that on would be a leak.
            if ((NativeMethods.Fcntl(descriptor, GetFlags, 0) & (CloseOnExec | int.MinValue)) != 0)
                throw new CommandException($"Descriptor {descriptor} cannot be passed into the container: it is not open. '--preserve-fds N' means the descriptors from 3 to N + 2.");
        }
        return preserved + listening;
    }

    private static int Listening() =>
        int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= Most
        && Environment.GetEnvironmentVariable("LISTEN_PID") == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
            ? count
            : 0;
}
