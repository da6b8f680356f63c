using System.Collections.Concurrent;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// The monitors that this process started and has not collected yet. A monitor outlives its shell, but while the shell lives it is the shell's child, and a dead child
/// stays in the process table until it is collected: every operation collects those that have ended.
/// </summary>
internal static class MonitorProcesses
{
    private static readonly ConcurrentDictionary<int, PidFd> s_running = new();

    // The pipes that their monitors close when the end of a container is on record: half a millisecond before the process is gone.
    private static readonly Dictionary<string, int> s_ends = new(StringComparer.Ordinal);

    public static void Add(PidFd process)
    {
        Collect();
        s_running[process.Pid] = process;
    }

    /// <summary>Keeps the reading end of a monitor's report pipe; it is this class's to close.</summary>
    public static void KeepEnd(string id, int descriptor)
    {
        lock (s_ends)
        {
            if (s_ends.Remove(id, out int earlier))
                _ = FileCalls.Close(earlier);
            s_ends.Add(id, descriptor);
        }
    }

    /// <summary>A descriptor that hangs up when the container's end is on record, for the caller to close; -1 if this process has not started it.</summary>
    public static int OpenEnd(string id)
    {
        lock (s_ends)
            return s_ends.TryGetValue(id, out int descriptor) ? EventCalls.Duplicate(descriptor) : -1;
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
        lock (s_ends)
        {
            foreach (var (id, descriptor) in s_ends)
            {
                if (!EventCalls.IsReadable(descriptor))
                    continue;
                _ = FileCalls.Close(descriptor);
                s_ends.Remove(id);
            }
        }
    }
}
