using System.Globalization;
using System.Text;

namespace ContainerTools.Linux.Processes;

/// <summary>A process with all that it has begun: its descendants, and who is in a session that one of them leads (credentials(7)), also where the parent has ended.</summary>
public static class ProcessSession
{
    // Who begins others faster than they are found is bounded by its container's limit of processes only.
    private const int Rounds = 20;

    /// <summary>Kills a process and all of these. Who leaves the session and outlives its parent before it is seen escapes.</summary>
    /// <param name="leader">The process, in another session than this one.</param>
    public static void Kill(int leader)
    {
        HashSet<int> sessions = [leader];
        // It may have been begun there by one that has ended.
        if (ReadOrigin(leader) is var (_, session) && session > 0 && session != ReadOrigin(Environment.ProcessId)?.Session)
            sessions.Add(session);
        Dictionary<int, PidFd?> known = [];
        for (int round = 0, before = -1; round < Rounds && before != known.Count; round++)
        {
            before = known.Count;
            // At first only stopped: a parent that is killed would give its children away before they are seen.
            foreach (int pid in Members(leader, sessions))
            {
                if (known.ContainsKey(pid))
                    continue;
                var process = PidFd.TryOpen(pid);
                known.Add(pid, process);
                Signal(process, Signals.Stop);
            }
        }
        foreach (var process in known.Values)
        {
            Signal(process, Signals.Kill);
            process?.Dispose();
        }
    }

    private static void Signal(PidFd? process, int signal)
    {
        try
        {
            _ = process?.SendSignal(signal);
        }
        catch (LinuxException)
        {
            // Another user's.
        }
    }

    private static List<int> Members(int leader, HashSet<int> sessions)
    {
        var all = new List<(int Pid, int Parent, int Session)>();
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && ReadOrigin(pid) is var (parent, session))
                all.Add((pid, parent, session));
        }
        HashSet<int> members = [leader];
        for (int before = -1; before != members.Count;)
        {
            before = members.Count;
            foreach (var (pid, parent, session) in all)
            {
                if ((members.Contains(parent) || sessions.Contains(session)) && members.Add(pid) && session == pid)
                    sessions.Add(pid);
            }
        }
        return [.. members];
    }

    /// <summary>Fields 4 and 6 of proc_pid_stat(5).</summary>
    private static (int Parent, int Session)? ReadOrigin(int pid)
    {
        Span<byte> buffer = stackalloc byte[1024];
        int length = PidFd.ReadSmallFile($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat", buffer);
        if (length <= 0)
            return null;
        string rest = Encoding.ASCII.GetString(buffer[..length]);
        string[] fields = rest[(rest.LastIndexOf(')') + 2)..].Split(' ');
        return int.TryParse(fields[1], CultureInfo.InvariantCulture, out int parent) && int.TryParse(fields[3], CultureInfo.InvariantCulture, out int session) ? (parent, session) : null;
    }
}
