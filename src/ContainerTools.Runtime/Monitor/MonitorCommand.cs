using System.Globalization;
using System.Text;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Events;
using ContainerTools.Engine.Health;
using ContainerTools.Engine.Networks;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Systemd;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using ContainerTools.Runtime.Session;

namespace ContainerTools.Runtime.Monitor;

/// <summary>
/// <c>ctrun monitor</c>: starts one container, tells the shell, and becomes its watcher. It is started by <see cref="ContainerManager"/>, which passes it the locked
/// monitor.lock; so the container counts as monitored from before this process exists until it ends.
/// </summary>
internal static class MonitorCommand
{
    public static int Run(string[] arguments)
    {
        ReadyContainer? ready = null;
        string? document = null;
        if (arguments is [MonitorArguments.Wait])
        {
            if (MonitorCall.Await(out ready, out document) is not { } call)
                return 0;
            arguments = call;
        }
        MonitorArguments options;
        try
        {
            options = MonitorArguments.Parse(arguments);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            Report(StartReport.Failure("MonitorFailed", ErrorKind.Internal, e.Message));
            return 1;
        }
        if (UserSession.IsNeeded)
            return RunInSession(arguments);
        NetworkCleaner.Program = "/proc/self/exe";
        if (options.IsSuccessor)
            return Successor.Run(options);
        if (options.Settled)
            return Watcher.Run(options, settled: true);
        try
        {
            // The container must not get them.
            MonitorArguments.SetCloseOnExec(true);
            if (options.SessionDescriptor >= 0)
                EventCalls.SetCloseOnExec(options.SessionDescriptor, true);
            Guard.SetCloseOnExec(options, true);
            if (options.Restarts == 0)
            {
                WriteOwnIdentity();
                ContainerScope.Enter(options.CgroupPath, Environment.ProcessId);
            }
            if (document is not null)
                AtomicFile.Write(Path.Combine(options.Directory, ContainerFiles.Specification), Encoding.UTF8.GetBytes(document), durable: false);
            Start(options, ready);
        }
        catch (Exception e)
        {
            Fail(options, e);
            return 1;
        }
        // The pipe stays open to the end, of which it tells the shell.
        if (options.Restarts == 0)
            _ = FileCalls.Write(MonitorArguments.ReportDescriptor, StartReport.Success);
        return Watcher.Run(options, settled: false);
    }

    /// <summary>An ordinary user's monitor is root of his namespace.</summary>
    private static int RunInSession(string[] arguments)
    {
        try
        {
            SessionStart.StartMonitor(arguments);
            return 0;
        }
        catch (Exception e) when (e is ContainerToolsException or IOException or UnauthorizedAccessException or ArgumentException or FormatException)
        {
            Report(e is ContainerToolsException known ? StartReport.Failure(known.ErrorId, known.Kind, known.Message) : StartReport.Failure("SessionFailed", ErrorKind.Internal, e.Message));
            return 1;
        }
    }

    private static void Start(MonitorArguments options, ReadyContainer? ready)
    {
        var pipes = ready?.Pipes ?? StreamPipes.Create();
        using IContainerStarter starter = options.Runtime is null ? new OwnRuntimeStarter(options, ready) : new OtherRuntimeStarter(options);
        using var process = starter.Create(ConsoleSetup.OpenInput(options), pipes, pid => Record(options, pid));
        pipes.CloseWriters();
        options.Pid = process.Pid;
        options.OutputDescriptor = pipes.OutputRead;
        options.ErrorDescriptor = pipes.ErrorRead;
        options.RootDescriptor = starter.TakeRoot();
        try
        {
            ConsoleSetup.Finish(options, starter);
            Run(options, starter, process);
        }
        catch
        {
            // Its control group cannot be removed before it is collected.
            process.SendSignal(Signals.Kill);
            _ = process.Reap();
            throw;
        }
    }

    private static void Record(MonitorArguments options, int pid)
    {
        // Before the command runs: whoever finds this monitor dead must find the process too.
        StatusReader.WriteFile(options.Directory, new ContainerStatus
        {
            State = ContainerState.Running,
            Pid = pid,
            PidStartTime = PidFd.ReadStartTime(pid) ?? 0,
            BootId = BootId.Current,
            StartedAt = DateTimeOffset.UtcNow,
            RestartCount = options.Restarts,
        }, durable: false);
        if (options.Health)
            HealthFiles.Write(options.Directory, ContainerHealth.Unknown);
        options.HeldPorts = NetworkMembership.Join(options.RunRoot, options.Id, options.Directory, pid);
    }

    private static void Run(MonitorArguments options, IContainerStarter starter, PidFd process)
    {
        options.StartedAt = Environment.TickCount64;
        starter.Start();
        if (options.Restarts > 0)
            EventLog.AddOfContainer(options.Root, options.Directory, ContainerEventAction.Restart, ("restartCount", options.Restarts.ToString(CultureInfo.InvariantCulture)));
        EventLog.AddOfContainer(options.Root, options.Directory, ContainerEventAction.Start);
        // Somebody who found no process to stop may have come in between.
        if (options.Restarts > 0 && RestartFiles.IsStopped(options.Directory))
            process.SendSignal(Signals.Kill);
    }

    /// <summary>Records why the container could not be started, cleans up, and tells the shell.</summary>
    private static void Fail(MonitorArguments options, Exception e)
    {
        string errorId = "ContainerStartFailed";
        var kind = ErrorKind.Internal;
        string message = e.Message;
        List<string> rest = [];
        if (e is ContainerToolsException known)
            (errorId, kind) = (known.ErrorId, known.Kind);
        else if (e is not (IOException or UnauthorizedAccessException))
            message = e.ToString().ReplaceLineEndings(" ");
        try
        {
            ContainerLeftovers.Remove(options.RunRoot, options.Id, options.CgroupPath, options.Runtime);
            var status = new ContainerStatus
            {
                State = ContainerState.Exited,
                BootId = BootId.Current,
                FinishedAt = DateTimeOffset.UtcNow,
                // What a shell says of a command that is missing, or cannot be executed.
                ExitCode = errorId switch { "CommandNotFound" => 127, "CommandNotExecutable" => 126, _ => 128 },
                ErrorId = errorId,
                Error = message,
                RestartCount = options.Restarts,
            };
            EventLog.AddOfContainer(options.Root, options.Directory, ContainerEventAction.Die, ("exitCode", status.ExitCode.Value.ToString(CultureInfo.InvariantCulture)), ("error", message));
            if (options.Restarts > 0 && Restarting.IsWanted(options, status))
                Restarting.Await(options, status);
            Ending.Record(options, status, rest);
        }
        catch (Exception second) when (second is IOException or UnauthorizedAccessException or ContainerToolsException)
        {
            message += $" (Cleaning up failed too: {second.Message})";
        }
        if (options.Restarts == 0)
            Report(StartReport.Failure(errorId, kind, message));
        Ending.Tell(options, rest);
    }

    // A shell that died meanwhile has closed the pipe.
    private static void Report(byte[] report) => _ = FileCalls.Write(MonitorArguments.ReportDescriptor, report);

    private static void WriteOwnIdentity()
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} {PidFd.ReadStartTime(Environment.ProcessId)}\n");
        LinuxException.ThrowIfFailed(FileCalls.WriteAt(MonitorArguments.LockDescriptor, Encoding.ASCII.GetBytes(text), 0), "write", ContainerFiles.MonitorLock);
    }
}
