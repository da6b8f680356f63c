using System.Globalization;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Networks;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Systemd;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Session;

/// <summary>Starts an ordinary user's monitor in his session, which begins with the first one.</summary>
internal static class SessionStart
{
    /// <summary>Starts the monitor and leaves it to itself.</summary>
    /// <param name="arguments">Its command line.</param>
    /// <exception cref="ContainerToolsException">SessionFailed, IdMapFailed, NetworkProgramMissing, NetworkProgramFailed.</exception>
    public static void StartMonitor(string[] arguments)
    {
        var options = MonitorArguments.Parse(arguments);
        using var held = SessionRecord.Lock(options.RunRoot);
        using var users = SessionRecord.OpenUsers(options.RunRoot);
        var session = SessionRecord.Find(options.RunRoot) ?? Begin(options.RunRoot);
        if (File.Exists(Path.Combine(options.Directory, NetworkPlan.FileName)) && !session.HasUplink)
        {
            var (uplink, start) = SessionUplink.Start(options.RunRoot, session.Holder);
            ContainerScope.EnterCommon(session.Holder, uplink);
            session = session with { Uplink = uplink, UplinkStart = start };
            session.Write(options.RunRoot);
        }
        // The monitor inherits it, and the session does not end before it.
        // The holder has the lock for moments only; it ends under the lock that is held here.
        while (!AdvisoryLock.TryAcquire(users, exclusive: false))
            Thread.Sleep(1);
        var descriptor = (int)users.DangerousGetHandle();
        EventCalls.SetCloseOnExec(descriptor, false);
        UserSessionEntry.Start(["monitor", .. arguments, string.Create(CultureInfo.InvariantCulture, $"--session={descriptor}")], session.Holder);
    }

    private static SessionRecord Begin(string runRoot)
    {
        var holder = UserSessionEntry.StartHolder([SessionRecord.HolderCommand, runRoot]);
        ContainerScope.EnterCommon(holder, holder);
        var record = new SessionRecord(holder, PidFd.ReadStartTime(holder) ?? 0, 0, 0);
        record.Write(runRoot);
        return record;
    }
}
