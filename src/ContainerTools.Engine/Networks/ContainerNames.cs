using ContainerTools.Engine.Containers;

namespace ContainerTools.Engine.Networks;

/// <summary>The names of a network's containers in each other's /etc/hosts. The table's lock is held.</summary>
internal static class ContainerNames
{
    /// <summary>Tells the others of a container, and it of them.</summary>
    public static void Add(LeaseTable table, NetworkLease lease)
    {
        List<string> own = [.. lease.OwnHostLines()], lines = [.. lease.HostLines()];
        foreach (var other in Neighbours(table, lease))
        {
            own.AddRange(other.HostLines());
            HostsFile.Change(FileOf(other), [], lines);
        }
        HostsFile.Change(FileOf(lease), own, own);
    }

    /// <summary>Takes a container's names from the others, and the others' from it.</summary>
    public static void Remove(LeaseTable table, NetworkLease lease)
    {
        List<string> own = [.. lease.OwnHostLines()], lines = [.. lease.HostLines()];
        foreach (var other in Neighbours(table, lease))
        {
            own.AddRange(other.HostLines());
            HostsFile.Change(FileOf(other), lines, []);
        }
        HostsFile.Change(FileOf(lease), own, []);
    }

    private static IEnumerable<NetworkLease> Neighbours(LeaseTable table, NetworkLease lease) =>
        table.Entries.Where(l => l.Network == lease.Network && !l.IsLeaving && l.ContainerId != lease.ContainerId);

    private static string FileOf(NetworkLease lease) => Path.Combine(lease.Directory, ContainerFiles.Hosts);
}
