using System.Globalization;
using System.Text;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Events;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Monitor;

/// <summary>
/// What a <see cref="Guard"/> becomes when its monitor was killed. Output and exit code of the container are lost with the monitor, so it ends the container and records that; and then its
/// restart policy counts, or its removal, as after any end.
/// </summary>
internal static class Successor
{
    private static readonly TimeSpan s_killTime = TimeSpan.FromSeconds(10), s_exitTime = TimeSpan.FromMinutes(1);

    /// <summary>The command line of a monitor's successor: of its own arguments, what outlives a run.</summary>
    public static IEnumerable<string> Arguments(MonitorArguments options) => new MonitorArguments
    {
        Root = options.Root,
        RunRoot = options.RunRoot,
        Id = options.Id,
        Runtime = options.Runtime,
        CgroupPath = options.CgroupPath,
        AutoRemove = options.AutoRemove,
        Bound = options.Bound,
        Health = options.Health,
        Interactive = options.Interactive,
        LogMaxSize = options.LogMaxSize,
        LogMaxFiles = options.LogMaxFiles,
        SessionDescriptor = options.SessionDescriptor,
        IsSuccessor = true,
    }.ToArguments();

    public static int Run(MonitorArguments options)
    {
        const int StandardInput = 0;
        options.IsSuccessor = false;
        MonitorArguments.SetCloseOnExec(true);
        if (options.SessionDescriptor >= 0)
            EventCalls.SetCloseOnExec(options.SessionDescriptor, true);
        foreach (int signal in Watcher.IgnoredSignals)
            EventCalls.Ignore(signal);
        using (var nothing = FileCalls.Open("/dev/null", OpenFlags.ReadOnly))
            _ = EventCalls.DuplicateTo((int)nothing.DangerousGetHandle(), StandardInput);
        List<string> rest = [];
        try
        {
            Succeed(options, rest);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ContainerToolsException)
        {
            // Whoever looks next finds no monitor, and does it.
        }
        Ending.Tell(options, rest);
        return 0;
    }

    private static void Succeed(MonitorArguments options, List<string> rest)
    {
        // Removed, or on record already: that was all but over.
        if (StatusReader.ReadFile(options.Directory, out _) is not { State: not ContainerState.Exited } status || status.BootId != BootId.Current)
            return;
        AwaitMonitor(options);
        if (options.Bound && IsShellGone() && File.Exists(Path.Combine(options.Directory, ContainerFiles.Bound)))
            Ending.LeaveToNobody(options);
        bool outOfMemory = Cgroup.At(options.CgroupPath).OutOfMemoryKills > 0;
        End(options, status);
        ContainerStatus? last;
        using (var file = MonitorLockFile.TryOpen(options.Directory))
            last = file?.ReadLastStatus();
        TakeOver();
        ContainerLeftovers.Remove(options.RunRoot, options.Id, options.CgroupPath, options.Runtime, rest);
        options.Restarts = status.RestartCount;
        if (last is { State: ContainerState.Exited } && last.Pid == status.Pid)
        {
            status = last;
        }
        else if (status.State is not ContainerState.Restarting)
        {
            options.StartedAt = Environment.TickCount64 - (long)(DateTimeOffset.UtcNow - (status.StartedAt ?? DateTimeOffset.UtcNow)).TotalMilliseconds;
            status = StatusReader.Abandoned(status);
            status.FinishedAt = DateTimeOffset.UtcNow;
            status.OutOfMemory = outOfMemory;
            EventLog.AddOfContainer(options.Root, options.Directory, ContainerEventAction.Die, ("exitCode", $"{status.ExitCode}"), ("error", status.Error));
        }
        if (Restarting.IsWanted(options, status))
        {
            Ending.Delete(rest);
            Restarting.Await(options, status);
        }
        Ending.Record(options, status, rest);
    }

    /// <summary>Nobody reads the report any more.</summary>
    private static bool IsShellGone()
    {
        PollEntry[] report = [new() { Descriptor = MonitorArguments.ReportDescriptor }];
        return EventCalls.Poll(report, 0) > 0;
    }

    /// <summary>It has held the container's root file system, which is gone only when all of it is: the lock that tells others so is this process's too.</summary>
    private static void AwaitMonitor(MonitorArguments options)
    {
        using var file = MonitorLockFile.TryOpen(options.Directory);
        using var monitor = file?.OpenMonitor();
        _ = monitor?.WaitForExit(s_exitTime, CancellationToken.None);
    }

    private static void End(MonitorArguments options, ContainerStatus status)
    {
        using var process = PidFd.TryOpen(status.Pid, status.PidStartTime);
        if (process is null)
            return;
        _ = process.SendSignal(Signals.Kill);
        Cgroup.At(options.CgroupPath).Thaw();
        _ = process.WaitForExit(s_killTime, CancellationToken.None);
    }

    /// <summary>From now on this is the monitor that the lock's file names.</summary>
    private static void TakeOver()
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} {PidFd.ReadStartTime(Environment.ProcessId)}\n");
        using var file = new Microsoft.Win32.SafeHandles.SafeFileHandle(MonitorArguments.LockDescriptor, ownsHandle: false);
        RandomAccess.SetLength(file, 0);
        _ = FileCalls.WriteAt(MonitorArguments.LockDescriptor, Encoding.ASCII.GetBytes(text), 0);
    }
}
