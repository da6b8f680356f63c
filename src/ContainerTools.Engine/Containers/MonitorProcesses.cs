using System.Collections.Concurrent;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// The monitors that this process started and has not collected yet. A monitor outlives its shell, but while the shell lives it is the shell's child, and a dead child
/// stays in the process table until it is collected: every operation collects those that have ended.
/// </summary>
internal static class MonitorProcesses
{
    private static readonly ConcurrentDictionary<int, PidFd> s_running = new();

    public static void Add(PidFd process)
    {
        Collect();
        s_running[process.Pid] = process;
    }

    public static void Collect()
    {
        foreach (var (pid, process) in s_running)
        {
            if (!process.HasExited || !s_running.TryRemove(pid, out _))
                continue;
            _ = process.Reap();
            process.Dispose();
        }
    }
}
