using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Network;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Networks;

/// <summary>
/// Removes bridges and rules that nobody needs any more. Removing a bridge takes longer than starting a container, and often the next one comes at once: so a monitor leaves it to
/// a process of its own, which waits a few seconds.
/// </summary>
internal static class NetworkCleaner
{
    /// <summary>The command of the runtime's binary that waits and cleans.</summary>
    public const string Command = "clean-networks";

    private const int DelayMilliseconds = 3000;

    /// <summary>The runtime's binary, if cleaning is to be done by a process of its own; null to do it at once.</summary>
    public static string? Program { get; set; }

    /// <summary>Has bridges removed that have no containers any more.</summary>
    public static void Request(string runRoot)
    {
        if (Program is not { } program)
        {
            Clean(runRoot);
            return;
        }
        using (var waiting = FileCalls.Open(WaitingFile(runRoot), OpenFlags.ReadWrite | OpenFlags.Create))
        {
            // One that waits already will look after us.
            if (!AdvisoryLock.TryAcquire(waiting, exclusive: true))
                return;
        }
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        int none = (int)nothing.DangerousGetHandle();
        using var process = ChildProcess.Spawn(program, ["ctrun", Command, runRoot], new SpawnOptions
        {
            Environment = [],
            NewSession = true,
            WorkingDirectory = "/",
            Descriptors = new Dictionary<int, int> { [0] = none, [1] = none, [2] = none },
        });
    }

    /// <summary>Waits, and cleans.</summary>
    public static void WaitAndClean(string runRoot)
    {
        using (var waiting = FileCalls.Open(WaitingFile(runRoot), OpenFlags.ReadWrite | OpenFlags.Create))
        {
            if (!AdvisoryLock.TryAcquire(waiting, exclusive: true))
                return;
            // Until nothing has come or gone for a while, so that a row of short containers finds its bridge.
            double rest = DelayMilliseconds;
            // More than the whole delay is left only where the clock was set back.
            while (rest is > 0 and <= DelayMilliseconds)
            {
                Thread.Sleep((int)rest + 1);
                rest = DelayMilliseconds - (DateTime.UtcNow - LeaseTable.LastChange(runRoot)).TotalMilliseconds;
            }
        }
        // Let go of before looking: who leaves after the look finds nobody waiting.
        Clean(runRoot);
    }

    /// <summary>Removes all bridges without containers, and what interfaces are still there of containers that have ended.</summary>
    public static void Clean(string runRoot)
    {
        if (!Directory.Exists(Path.GetDirectoryName(WaitingFile(runRoot))))
            return;
        UserNetwork.Undo(runRoot, () => CleanHere(runRoot), () => Forget(runRoot), SessionOperations.CleanNetworks);
    }

    private static void CleanHere(string runRoot)
    {
        using var table = LeaseTable.Lock(runRoot);
        using var host = RouteSocket.Open();
        foreach (var leaving in table.Entries.FindAll(l => l.IsLeaving))
        {
            NetworkWithdrawal.RemoveLink(host, leaving.Port);
            table.Entries.Remove(leaving);
        }
        foreach (string bridge in table.Bridges.Where(b => !table.Entries.Exists(l => l.Bridge == b)).ToList())
            Remove(table, host, bridge);
        table.Save();
    }

    /// <summary>Removes a network's bridge, which no container is on.</summary>
    public static void RemoveBridge(string runRoot, string bridge)
    {
        if (!LeaseTable.Read(runRoot).Bridges.Contains(bridge))
            return;
        UserNetwork.Undo(runRoot, () => RemoveHere(runRoot, bridge), () => Forget(runRoot), SessionOperations.RemoveBridge, bridge);
    }

    /// <summary>Nothing of an ordinary user's networks is left when his session has ended.</summary>
    private static void Forget(string runRoot)
    {
        using var table = LeaseTable.Lock(runRoot);
        table.Entries.Clear();
        table.Bridges.Clear();
        table.Save();
    }

    private static void RemoveHere(string runRoot, string bridge)
    {
        using var table = LeaseTable.Lock(runRoot);
        using var host = RouteSocket.Open();
        table.Entries.RemoveAll(l => l.Bridge == bridge);
        Remove(table, host, bridge);
        table.Save();
    }

    private static void Remove(LeaseTable table, RouteSocket host, string bridge)
    {
        if (host.FindLink(bridge) is { Kind: "bridge" })
            NetworkWithdrawal.RemoveLink(host, bridge);
        PortFilter.RemoveNetwork(table, bridge);
        table.Bridges.Remove(bridge);
    }

    private static string WaitingFile(string runRoot) => Path.Combine(runRoot, "networks", "cleaner");
}
