using System.Globalization;
using ContainerTools.Engine;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux;

namespace ContainerTools.Runtime.Session;

/// <summary><c>ctrun worker [--monitor=PID] ROOT RUNROOT OPERATION ...</c>: work with files of many ids for an ordinary user's shell; see <see cref="SessionOperations"/>.</summary>
internal static class WorkerCommand
{
    private const string Monitor = "--monitor=";

    public static int Run(string[] arguments)
    {
        try
        {
            var monitor = 0;
            if (arguments is [var first, .. var rest] && first.StartsWith(Monitor, StringComparison.Ordinal))
                (monitor, arguments) = (int.Parse(first.AsSpan(Monitor.Length), CultureInfo.InvariantCulture), rest);
            return UserSession.IsNeeded ? UserSessionEntry.Run(["worker", .. arguments], monitor) : SessionOperations.Run(arguments);
        }
        catch (Exception e) when (e is ContainerToolsException or LinuxException)
        {
            SessionOperations.ReportFailure(e as ContainerToolsException ?? ContainerToolsException.FromIO(e, "SessionFailed", "A user namespace for this user's containers cannot be used"));
            return 1;
        }
    }
}
