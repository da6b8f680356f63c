using ContainerTools.Engine.Containers;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Network;

namespace ContainerTools.Engine.Networks;

/// <summary>Undoes leases. The table's lock is held; the caller saves the table.</summary>
internal static class NetworkWithdrawal
{
    /// <summary>Takes containers' ports, names and, if asked for, interfaces away.</summary>
    /// <param name="table">The leases.</param>
    /// <param name="host">The host's links.</param>
    /// <param name="leases">Those to undo.</param>
    /// <param name="removeLinks">False leaves the interfaces to the kernel, and their addresses taken until they are gone.</param>
    public static void Withdraw(LeaseTable table, RouteSocket host, IReadOnlyList<NetworkLease> leases, bool removeLinks)
    {
        foreach (var lease in leases)
        {
            table.Entries.Remove(lease);
            if (!removeLinks)
                table.Entries.Add(lease.Leaving());
        }
        PortFilter.Remove(table, leases);
        foreach (var lease in leases)
        {
            ContainerNames.Remove(table, lease);
            if (removeLinks)
                RemoveLink(host, lease.Port);
        }
    }

    /// <summary>Takes back all addresses, ports and names that are held for nothing.</summary>
    public static void Reclaim(LeaseTable table, RouteSocket host)
    {
        foreach (var leaving in table.Entries.FindAll(l => l.IsLeaving))
        {
            RemoveLink(host, leaving.Port);
            table.Entries.Remove(leaving);
        }
        Withdraw(table, host, table.Entries.FindAll(l => !IsMonitored(l)), removeLinks: true);
    }

    /// <summary>Removes a link that may be gone already.</summary>
    public static void RemoveLink(RouteSocket host, string name)
    {
        var batch = new RouteBatch();
        batch.RemoveLink(name);
        try
        {
            host.Execute(batch);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENODEV)
        {
            // The kernel was faster.
        }
    }

    /// <summary>Whether a lease's container is alive: its monitor, or whoever just starts it, holds its lock.</summary>
    public static bool IsMonitored(NetworkLease lease) => OpenFileLock.IsHeld(Path.Combine(lease.Directory, ContainerFiles.MonitorLock));
}
