using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Network;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Session;

/// <summary><c>ctrun hold RUNROOT</c>: keeps the namespaces of an ordinary user's containers (<see cref="SessionRecord"/>) while there are monitors, and a little longer.</summary>
internal static class SessionHolder
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    public static int Run(string runRoot)
    {
        using (var network = RouteSocket.Open())
        {
            var batch = new RouteBatch();
            batch.SetUp("lo");
            network.Execute(batch);
        }
        while (true)
        {
            // Granted when the last monitor has ended, and let go of at once: who comes meanwhile need not wait.
            using (var all = SessionRecord.OpenUsers(runRoot))
                AdvisoryLock.Acquire(all);
            Thread.Sleep(Rest);
            using var held = SessionRecord.Lock(runRoot);
            using var users = SessionRecord.OpenUsers(runRoot);
            if (!AdvisoryLock.TryAcquire(users, exclusive: true))
                continue;
            End(runRoot);
            return 0;
        }
    }

    private static void End(string runRoot)
    {
        if (SessionRecord.Find(runRoot) is not { } record || record.Holder != Environment.ProcessId)
            return;
        SessionRecord.Remove(runRoot);
        using var uplink = record.Uplink > 0 ? PidFd.TryOpen(record.Uplink, record.UplinkStart) : null;
        _ = uplink?.SendSignal(Linux.Signals.Kill);
    }
}
