using System.Runtime.InteropServices;

namespace ContainerTools.TestSupport;

/// <summary>Looks into /proc for processes that belong to a store.</summary>
public static partial class ProcessTable
{
    private const int Sigkill = 9;

    public static IEnumerable<int> All() => Directory.EnumerateDirectories("/proc")
        .Select(directory => int.TryParse(Path.GetFileName(directory), out var pid) ? pid : 0).Where(pid => pid > 0);

    public static bool IsAlive(int pid)
    {
        try
        {
            // The state follows the command name, which may itself contain spaces and parentheses (proc_pid_stat(5)).
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    public static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ').Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }

    public static int Parent(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Processes, other than this one, that hold a file beneath the directory open or name it in their command line.</summary>
    public static IReadOnlyList<int> Using(string directory)
    {
        var prefix = directory + "/";
        return [.. All().Where(pid => pid != Environment.ProcessId && (CommandLine(pid).Contains(prefix, StringComparison.Ordinal) ||
            OpenFiles(pid).Any(file => file.StartsWith(prefix, StringComparison.Ordinal))))];
    }

    /// <summary>The process's real user id; -1 if it is gone.</summary>
    public static long UserOf(int pid)
    {
        try
        {
            var line = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("Uid:", StringComparison.Ordinal));
            return long.Parse(line.Split('\t')[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return -1;
        }
    }

    /// <summary>The processes and all that descend from them.</summary>
    public static IReadOnlyList<int> WithDescendants(IEnumerable<int> pids)
    {
        var children = All().ToLookup(Parent);
        var found = new List<int>(pids);
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(children[found[i]].Where(child => !found.Contains(child)));
        }
        return found;
    }

    public static void Kill(IEnumerable<int> pids)
    {
        foreach (var pid in pids.Where(pid => pid > 1 && pid != Environment.ProcessId))
        {
            _ = KillProcess(pid, Sigkill);
        }
    }

    /// <summary>Sends any signal, which System.Diagnostics.Process cannot.</summary>
    public static bool Signal(int pid, int signal) => KillProcess(pid, signal) == 0;

    private static List<string> OpenFiles(int pid)
    {
        var files = new List<string>();
        try
        {
            foreach (var descriptor in Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd"))
            {
                files.Add(new FileInfo(descriptor).LinkTarget ?? string.Empty);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process ended meanwhile.
        }
        return files;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillProcess(int pid, int signal);
}
