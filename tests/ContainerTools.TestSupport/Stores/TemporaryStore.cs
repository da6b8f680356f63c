namespace ContainerTools.TestSupport;

/// <summary>
/// A store of its own for one test or one class of tests. At the end nothing of it is left: its processes are killed,
/// its mounts and control groups removed, its directory deleted, whatever the test did or failed to do.
/// </summary>
public sealed class TemporaryStore : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    public TemporaryStore()
    {
        Environment = new Dictionary<string, string?>
        {
            ["CONTAINERTOOLS_ROOT"] = Root,
            ["CONTAINERTOOLS_RUNROOT"] = RunRoot,
        };
    }

    /// <summary>For CONTAINERTOOLS_ROOT. Not created: that is the product's job.</summary>
    public string Root => _directory["root"];

    /// <summary>For CONTAINERTOOLS_RUNROOT.</summary>
    public string RunRoot => _directory["run"];

    /// <summary>Room for a test's own files; deleted with the store.</summary>
    public string Scratch
    {
        get
        {
            Directory.CreateDirectory(_directory["scratch"]);
            return _directory["scratch"];
        }
    }

    /// <summary>What points a process at this store.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; }

    /// <summary>Ids of the containers that the store has now, or had when this was asked before.</summary>
    public IReadOnlyCollection<string> ContainerIds
    {
        get
        {
            foreach (var parent in new[] { Path.Combine(Root, "containers"), Path.Combine(RunRoot, "runtime") }.Where(Directory.Exists))
            {
                _seen.UnionWith(Directory.EnumerateDirectories(parent).Select(directory => Path.GetFileName(directory)!));
            }
            // Eight characters: a shorter name given by a test could be part of a stranger's control group.
            return [.. _seen.Where(id => id.Length >= 8)];
        }
    }

    /// <summary>Remembers a container whose directory may be gone by the time of the check.</summary>
    public void Remember(string containerId) => _seen.Add(containerId);

    /// <summary>Names what of this store's is still alive: processes, mounts, control groups. Empty when nothing is.</summary>
    public IReadOnlyList<string> Leftovers()
    {
        var left = new List<string>();
        var groups = Cgroups.Of(ContainerIds);
        left.AddRange(groups.Select(group => $"control group {group}"));
        left.AddRange(Mounts.Beneath(_directory).Select(mount => $"mount {mount}"));
        left.AddRange(Processes(groups).Select(pid => $"process {pid}: {ProcessTable.CommandLine(pid)}"));
        return left;
    }

    public void Dispose()
    {
        // Twice: a monitor that is just starting a container may have been faster than the first look.
        for (var round = 0; round < 2; round++)
        {
            var groups = Cgroups.Of(ContainerIds);
            var processes = Processes(groups);
            ProcessTable.Kill(processes);
            WaitUntilGone(processes);
            foreach (var group in groups)
            {
                RemoveGroup(group);
            }
        }
        RemoveNetworks();
        Cgroups.RemoveCommon();
        _directory.Dispose();
    }

    /// <summary>Removes bridges and rules on this machine: what would have done so a few seconds later was killed above.</summary>
    private void RemoveNetworks()
    {
        var leases = Path.Combine(RunRoot, "networks", "leases");
        if (!File.Exists(leases) || File.ReadLines(leases).FirstOrDefault()?.Split('\t') is not [_, _, { Length: > 0 } bridges])
        {
            return;
        }
        foreach (var bridge in bridges.Split(' '))
        {
            // The table names the bridges that it is for.
            foreach (var table in Command.Run("nft", "list", "tables", "inet").Lines.Select(line => line.Split(' ')[^1]).Where(name => name.StartsWith("containertools", StringComparison.Ordinal)))
            {
                if (Command.Run("nft", "list", "set", "inet", table, "bridges").Output.Contains(bridge, StringComparison.Ordinal))
                {
                    Command.Run("nft", "delete", "table", "inet", table);
                }
            }
            Command.Run("ip", "link", "delete", bridge);
        }
    }

    private IReadOnlyList<int> Processes(IReadOnlyList<string> groups) =>
        [.. ProcessTable.WithDescendants(ProcessTable.Using(_directory).Concat(groups.SelectMany(Cgroups.Processes)).Distinct()).Where(ProcessTable.IsAlive)];

    private static void WaitUntilGone(IReadOnlyList<int> processes)
    {
        var deadline = DateTime.UtcNow.AddSeconds(10);
        while (processes.Any(ProcessTable.IsAlive) && DateTime.UtcNow < deadline)
        {
            Thread.Sleep(10);
        }
    }

    private static void RemoveGroup(string group)
    {
        try
        {
            Directory.Delete(group);
        }
        catch (IOException)
        {
            // Gone already, or (v1) its last process is not reaped yet: the second round gets it.
        }
    }
}
