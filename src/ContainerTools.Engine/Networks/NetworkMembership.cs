using System.Globalization;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Network;

namespace ContainerTools.Engine.Networks;

/// <summary>Joins containers to networks and takes them off: links, addresses, published ports, and the names in the others' /etc/hosts.</summary>
internal static class NetworkMembership
{
    /// <summary>Joins the networks of a container's plan, before its command runs. If anything fails, nothing is left.</summary>
    /// <param name="runRoot">The root of run state.</param>
    /// <param name="id">The container.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="pid">Its first process.</param>
    /// <returns>What holds its published ports on this host.</returns>
    /// <exception cref="ContainerToolsException">PortInUse, IPAddressInUse, AddressesExhausted, SubnetInUse, NftNotFound, NetworkJoinFailed, ...</exception>
    public static HeldPorts Join(string runRoot, string id, string directory, int pid)
    {
        var held = new HeldPorts();
        try
        {
            if (NetworkPlan.Read(directory) is { Networks.Count: > 0 } plan)
                UserNetwork.Run(runRoot, () => Join(runRoot, id, directory, pid, plan, forget: true, held));
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Joins one more network with a container that runs.</summary>
    /// <param name="runRoot">The root of run state.</param>
    /// <param name="id">The container.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="pid">Its first process.</param>
    /// <param name="plan">Names and the network.</param>
    public static void Connect(string runRoot, string id, string directory, int pid, NetworkPlan plan)
    {
        if (UserSession.IsNeeded)
        {
            ConnectInSession(runRoot, id, directory, pid, plan);
            return;
        }
        using var held = new HeldPorts();
        UserNetwork.Run(runRoot, () => Join(runRoot, id, directory, pid, plan, forget: false, held));
    }

    /// <summary>Takes a running container off a network.</summary>
    public static void Disconnect(string runRoot, string id, string network) => UserNetwork.Undo(runRoot, () => Withdraw(runRoot, id, network),
        () => Forget(runRoot, lease => lease.ContainerId == id && lease.Network == network), SessionOperations.Disconnect, id, network);

    private static void Withdraw(string runRoot, string id, string network)
    {
        using var table = LeaseTable.Lock(runRoot);
        using var host = RouteSocket.Open();
        var leases = table.Entries.FindAll(l => l.ContainerId == id && l.Network == network);
        NetworkWithdrawal.Withdraw(table, host, leases, removeLinks: true);
        foreach (var lease in leases.Where(l => l.Published.Count > 0))
        {
            MovePorts(table, host, lease);
            if (PortForwarder.Forwards(lease))
                ForwardTargets.Write(table, id, lease.Directory);
        }
        table.Save();
    }

    /// <summary>Has the others know a container by another name.</summary>
    public static void Rename(string runRoot, string id, string name)
    {
        if (!LeaseTable.Read(runRoot).Entries.Exists(l => l.ContainerId == id))
            return;
        if (UserSession.IsNeeded)
        {
            // The others' files may belong to any of his ids.
            SessionWorker.RunForNetworks(runRoot, SessionOperations.Rename, id, name);
            return;
        }
        using var table = LeaseTable.Lock(runRoot);
        foreach (var lease in table.Entries.FindAll(l => l.ContainerId == id))
        {
            var renamed = lease.Renamed(name);
            ContainerNames.Remove(table, lease);
            table.Entries[table.Entries.IndexOf(lease)] = renamed;
            ContainerNames.Add(table, renamed);
        }
        table.Save();
    }

    /// <summary>Gives back what a container has that does not run any more. May be called again, and for one that never had anything.</summary>
    /// <returns>Whether a network has no container any more.</returns>
    public static bool Leave(string runRoot, string id)
    {
        // Without the lock: most containers that end here were on no network, or have left before.
        if (!LeaseTable.Read(runRoot).Entries.Exists(l => l.ContainerId == id))
            return false;
        bool empty = false;
        UserNetwork.Undo(runRoot, () => empty = Withdraw(runRoot, id), () => Forget(runRoot, lease => lease.ContainerId == id), SessionOperations.Leave, id);
        return empty;
    }

    private static bool Withdraw(string runRoot, string id)
    {
        using var table = LeaseTable.Lock(runRoot);
        using var host = RouteSocket.Open();
        var leases = table.Entries.FindAll(l => l.ContainerId == id);
        // The interfaces go with the container's network namespace, a moment later; to wait for that would cost more than all the rest.
        NetworkWithdrawal.Withdraw(table, host, leases, removeLinks: false);
        table.Save();
        return leases.Exists(l => !table.Entries.Exists(e => e.Bridge == l.Bridge && !e.IsLeaving));
    }

    /// <summary>Ports of the host are the container's while it runs: they lead to others of its networks now, or wait for one.</summary>
    private static void MovePorts(LeaseTable table, RouteSocket host, NetworkLease from)
    {
        var waiting = from.Published.ToList();
        for (int i = 0; i < table.Entries.Count && waiting.Count > 0; i++)
        {
            var lease = table.Entries[i];
            if (lease.ContainerId != from.ContainerId || lease.Internal || lease.Leads(waiting) is not { Count: > 0 } led)
                continue;
            waiting.RemoveAll(led.Contains);
            table.Entries[i] = lease with { Published = [.. lease.Published, .. led] };
            var hairpin = new RouteBatch();
            hairpin.SetHairpin(lease.Port);
            host.Execute(hairpin);
            PortFilter.Add(table, [lease with { Published = led }]);
        }
        if (waiting.Count > 0)
            WaitingPorts.Write(from.Directory, [.. WaitingPorts.Read(from.Directory), .. waiting]);
    }

    private static void ConnectInSession(string runRoot, string id, string directory, int pid, NetworkPlan plan)
    {
        // The plan as a file: it has its own form already.
        string folder = Path.Combine(runRoot, $"connect-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            plan.Write(folder);
            SessionWorker.RunForNetworks(runRoot, SessionOperations.Connect, id, directory, pid.ToString(CultureInfo.InvariantCulture), folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Strikes leases off the table whose links and rules are gone with all others. So is whoever read names in its /etc/hosts, which is written anew at a start.</summary>
    private static void Forget(string runRoot, Predicate<NetworkLease> which)
    {
        using var table = LeaseTable.Lock(runRoot);
        table.Entries.RemoveAll(which);
        table.Save();
    }

    private static void Join(string runRoot, string id, string directory, int pid, NetworkPlan plan, bool forget, HeldPorts held)
    {
        using var inside = NamespaceFile.Open(pid, NamespaceKinds.Network);
        using var table = LeaseTable.Lock(runRoot);
        using var host = RouteSocket.Open();
        table.Entries.RemoveAll(l => l.IsLeaving && host.FindLink(l.Port) is null);
        if (forget)
        {
            NetworkWithdrawal.Withdraw(table, host, table.Entries.FindAll(l => l.ContainerId == id), removeLinks: true);
            WaitingPorts.Delete(directory);
        }
        var leases = new LeaseAllocator(table, host, id, directory, plan, held).Allocate();
        try
        {
            foreach (var network in plan.Networks)
                BridgeSetup.Ensure(host, table, network);
            // On record before the kernel knows of it: whoever finds this process dead must find the rest too.
            table.Save();
            ContainerLinks.Make(host, inside, leases, plan.Networks);
            PortFilter.Add(table, leases);
            foreach (var lease in leases)
                ContainerNames.Add(table, lease);
            table.Save();
            if (leases.Exists(l => l.Published.Count > 0))
            {
                WaitingPorts.Write(directory, WaitingPorts.Read(directory).Except(leases.SelectMany(l => l.Published)));
                if (leases.Exists(PortForwarder.Forwards))
                {
                    ForwardTargets.Write(table, id, directory);
                    PortForwarder.Start(held, directory, pid);
                }
            }
        }
        catch (Exception e)
        {
            NetworkWithdrawal.Withdraw(table, host, leases, removeLinks: true);
            table.Save();
            if (e is LinuxException error)
                throw ContainerToolsException.FromIO(error, "NetworkJoinFailed", $"The container '{plan.Names[0]}' could not be joined to the network '{string.Join("', '", plan.Networks.Select(n => n.Name))}'", id);
            throw;
        }
    }
}
