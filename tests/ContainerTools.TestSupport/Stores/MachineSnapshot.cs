namespace ContainerTools.TestSupport;

/// <summary>
/// The machine's mounts, control groups, network links and runtime processes at one moment, to be compared with a later one.
/// For tests in the collection 'Machine', which run alone.
/// </summary>
public sealed class MachineSnapshot
{
    private readonly HashSet<string> _things = Look();

    public static MachineSnapshot Take() => new();

    /// <summary>What is there now and was not before. Waits a little for what is just going away.</summary>
    public IReadOnlyList<string> Added(TimeSpan? patience = null)
    {
        var deadline = DateTime.UtcNow + (patience ?? TimeSpan.FromSeconds(5));
        while (true)
        {
            string[] added = [.. Look().Where(thing => !_things.Contains(thing)).Order(StringComparer.Ordinal)];
            if (added.Length == 0 || DateTime.UtcNow >= deadline)
            {
                return added;
            }
            Thread.Sleep(50);
        }
    }

    private static HashSet<string> Look() =>
    [
        .. Mounts.All().Select(point => $"mount {point}"),
        // The group that all containers have in common stays a while: to make it again costs time.
        .. Cgroups.All().Where(group => Path.GetFileName(group) != "containertools").Select(group => $"control group {group}"),
        .. Directory.EnumerateFileSystemEntries("/sys/class/net").Select(link => $"link {Path.GetFileName(link)}"),
        .. ProcessTable.All().Select(pid => (Pid: pid, Line: ProcessTable.CommandLine(pid)))
            .Where(process => process.Line.Split(' ')[0].EndsWith("ctrun", StringComparison.Ordinal))
            .Select(process => $"process {process.Pid}: {process.Line}"),
    ];
}
