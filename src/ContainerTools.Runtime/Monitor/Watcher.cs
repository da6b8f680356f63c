using System.Globalization;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Events;
using ContainerTools.Engine.Logs;
using ContainerTools.Engine.Systemd;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Monitor;

/// <summary>
/// What a monitor does once its container runs: writes the log, waits for the end, records it. After a second it begins anew as a fresh process image, since the start has
/// touched a JSON reader and megabytes of memory, and a watcher idles beside every running container. Process id, children and lock stay.
/// </summary>
internal sealed class Watcher : IDisposable
{
    /// <summary>
    /// When a monitor begins anew, and leaves the control groups of its shell, with which it might be killed. That takes 5 ms, and the kernel a grace period of up to 20 ms,
    /// so what has ended by then does without.
    /// </summary>
    private const int SettlingMilliseconds = 1000;

    /// <summary>When a guard stands by. What has ended by then does without, too: most of what is run for a moment has.</summary>
    private const int UnguardedMilliseconds = 200;

    // Of what is waited for: output, error, process; the shell's end; the health check's two; those who work with the container.
    private const int Shell = 3, FirstCheck = 4, FirstClient = 6;

    private static readonly int[] s_ignored = [1, 2, 15];

    private readonly MonitorArguments _options;
    private readonly LogWriter _log;
    private readonly StreamSplitter _output = new(ContainerStream.Output);
    private readonly StreamSplitter _error = new(ContainerStream.Error);
    private readonly byte[] _buffer = new byte[32 * 1024];

    private readonly ConsoleClients? _clients;

    /// <summary>SIGHUP, SIGINT, SIGTERM.</summary>
    public static IReadOnlyList<int> IgnoredSignals => s_ignored;

    private Watcher(MonitorArguments options)
    {
        _options = options;
        if (options.AttachDescriptor >= 0 || options.ConsoleDescriptors.Count > 0)
            _clients = new ConsoleClients(options);
        _log = new LogWriter(Path.Combine(options.Directory, ContainerFiles.Log), options.LogMaxSize, options.LogMaxFiles);
    }

    /// <summary>Watches to the end.</summary>
    /// <param name="options">The container.</param>
    /// <param name="settled">Whether this image is the fresh one.</param>
    public static int Run(MonitorArguments options, bool settled)
    {
        using var watcher = new Watcher(options);
        watcher.Run(settled);
        return 0;
    }

    public void Dispose()
    {
        _clients?.Dispose();
        _log.Dispose();
    }

    private void Run(bool settled)
    {
        MonitorArguments.SetCloseOnExec(true);
        // At shutdown all processes are asked to end. The container does so in its own time, and its end is still recorded.
        foreach (int signal in s_ignored)
            EventCalls.Ignore(signal);
        EventCalls.SetNonBlocking(_options.OutputDescriptor);
        EventCalls.SetNonBlocking(_options.ErrorDescriptor);
        CloseOnExec(true);
        // Our child, so its id is its own until it is collected.
        using var process = PidFd.Open(_options.Pid);
        Span<PollEntry> entries = stackalloc PollEntry[FirstClient + ConsoleClients.Entries];
        entries.Fill(new PollEntry { Descriptor = -1 });
        entries[0] = new() { Descriptor = _options.OutputDescriptor, Events = EventCalls.PollIn };
        entries[1] = new() { Descriptor = _options.ErrorDescriptor, Events = EventCalls.PollIn };
        entries[2] = new() { Descriptor = process.Fd, Events = EventCalls.PollIn };
        // Nothing is written to this pipe any more: only the end of its reader is to be seen.
        if (_options.Bound)
            entries[Shell] = new() { Descriptor = MonitorArguments.ReportDescriptor };
        using var health = HealthChecker.Open(_options);
        long began = Environment.TickCount64;
        bool guarded = settled;
        while (entries[2].Found == 0)
        {
            int wait = settled ? -1 : (int)Math.Max(0, began + (guarded ? SettlingMilliseconds : UnguardedMilliseconds) - Environment.TickCount64);
            if (health is not null)
            {
                health.Watch(entries[FirstCheck..]);
                wait = settled ? health.Milliseconds : Math.Min(wait, health.Milliseconds);
            }
            _clients?.Watch(ref entries[0], entries[FirstClient..]);
            int ready = EventCalls.Poll(entries, wait);
            if (ready <= 0)
            {
                if (ready < 0)
                    Thread.Sleep(100); // Out of memory in the kernel: it passes, and the container must not suffer.
                entries[2].Found = 0;
            }
            else
            {
                Read(entries, DateTime.UtcNow);
            }
            if (entries[2].Found == 0)
                health?.Step();
            if (entries[Shell].Found != 0 && entries[2].Found == 0)
            {
                entries[Shell] = new() { Descriptor = -1 };
                _options.Bound = false;
                if (File.Exists(Path.Combine(_options.Directory, ContainerFiles.Bound)))
                    EndWithShell(process);
            }
            if (!guarded && entries[2].Found == 0 && Environment.TickCount64 - began >= UnguardedMilliseconds)
            {
                guarded = true;
                Guard.Start(_options);
            }
            if (!settled && entries[2].Found == 0 && Environment.TickCount64 - began >= SettlingMilliseconds)
            {
                settled = true;
                LeaveShellsCgroup();
            }
            // The beginning of a line would be lost; it can wait for its end.
            if (settled && !_options.Settled && entries[2].Found == 0 && _output.IsEmpty && _error.IsEmpty && health is not { IsBusy: true } && _clients is not { IsBusy: true })
                BeginAnew();
        }
        var status = process.Reap();
        Finish(status, DateTimeOffset.UtcNow);
    }

    /// <summary>The shell of a container that belongs to it has ended, and can do nothing of this any more.</summary>
    private void EndWithShell(PidFd process)
    {
        Ending.LeaveToNobody(_options);
        _ = process.SendSignal(Signals.Kill);
        Cgroup.At(_options.CgroupPath).Thaw();
    }

    private void Read(Span<PollEntry> entries, DateTime now)
    {
        if (entries[0].Found != 0 && !ReadOnce(_options.OutputDescriptor, _output, now))
            entries[0].Descriptor = -1;
        if (entries[1].Found != 0 && !ReadOnce(_options.ErrorDescriptor, _error, now))
            entries[1].Descriptor = -1;
        _log.Flush();
    }

    private void BeginAnew()
    {
        _options.Settled = true;
        MonitorArguments.SetCloseOnExec(false);
        EventCalls.SetCloseOnExec(_options.OutputDescriptor, false);
        EventCalls.SetCloseOnExec(_options.ErrorDescriptor, false);
        CloseOnExec(false);
        _ = EventCalls.ReplaceSelf(["ctrun", "monitor", .. _options.ToArguments()]);
        // If that failed, this image goes on; it is only larger.
        CloseOnExec(true);
        MonitorArguments.SetCloseOnExec(true);
    }

    private void Finish(ExitStatus? exit, DateTimeOffset finished)
    {
        List<string> rest = [];
        bool outOfMemory = Cgroup.At(_options.CgroupPath).OutOfMemoryKills > 0;
        var status = StatusReader.ReadFile(_options.Directory, out _) ?? new ContainerStatus { Pid = _options.Pid, BootId = BootId.Current };
        status.State = ContainerState.Exited;
        status.FinishedAt = finished;
        status.ExitCode = exit?.ShellCode ?? 255;
        status.OutOfMemory = outOfMemory;
        try
        {
            // First all other processes: they may still write to the log.
            ContainerLeftovers.Remove(_options.RunRoot, _options.Id, _options.CgroupPath, _options.Runtime, rest);
            _options.HeldPorts.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            status.ErrorId = "ContainerCleanupFailed";
            status.Error = e.Message;
        }
        Drain(_options.OutputDescriptor, _output, _clients);
        Drain(_options.ErrorDescriptor, _error, null);
        _clients?.Dispose();
        _log.Dispose();
        if (outOfMemory)
            EventLog.AddOfContainer(_options.Root, _options.Directory, ContainerEventAction.OutOfMemory);
        EventLog.AddOfContainer(_options.Root, _options.Directory, ContainerEventAction.Die, ("exitCode", status.ExitCode.Value.ToString(CultureInfo.InvariantCulture)));
        if (Restarting.IsWanted(_options, status))
        {
            Ending.Delete(rest);
            Restarting.Await(_options, status);
        }
        try
        {
            Ending.Record(_options, status, rest);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ContainerToolsException)
        {
            // The disk is full. The lock's file has the status, and whoever looks next finds no monitor and records the end.
        }
        Ending.Tell(_options, rest);
    }

    private void LeaveShellsCgroup()
    {
        if (ContainerScope.Contains(_options.CgroupPath))
            return; // It has done so at once.
        try
        {
            var monitors = Cgroup.Create(ContainerLeftovers.MonitorsCgroupBeside(_options.CgroupPath));
            foreach (int process in new[] { Environment.ProcessId, _options.Guard, _options.HeldPorts.Forwarder })
            {
                if (process > 0)
                    monitors.Add(process);
            }
        }
        catch (IOException)
        {
            // Not allowed here: then the monitor stays where its shell is.
        }
    }

    /// <summary>Says whether what the monitor holds for others of the container, beside its output, is closed by the next image.</summary>
    private void CloseOnExec(bool close)
    {
        _options.HeldPorts.SetCloseOnExec(close);
        _clients?.SetCloseOnExec(close);
        Guard.SetCloseOnExec(_options, close);
        if (_options.SessionDescriptor >= 0)
            EventCalls.SetCloseOnExec(_options.SessionDescriptor, close);
        if (_options.RootDescriptor >= 0)
            EventCalls.SetCloseOnExec(_options.RootDescriptor, close);
    }

    /// <summary>Reads what there is once.</summary>
    /// <returns>False at the end of the stream.</returns>
    private bool ReadOnce(int fd, StreamSplitter splitter, DateTime now)
    {
        int count = FileCalls.Read(fd, _buffer);
        if (count > 0)
        {
            if (!IsTaken(fd))
                splitter.Add(_buffer.AsSpan(0, count), now, _log);
            if (fd == _options.OutputDescriptor)
                _clients?.Send(_buffer.AsSpan(0, count));
        }
        return count is > 0 or -Errno.EAGAIN;
    }

    /// <summary>Whether somebody takes what is read instead of the log.</summary>
    private bool IsTaken(int fd) => _options.RawOutput && fd == _options.OutputDescriptor && _clients is { Any: true };

    /// <summary>Reads what is left. A process outside may hold the pipe open for ever (somebody's exec), so an empty pipe is the end too.</summary>
    private void Drain(int fd, StreamSplitter splitter, ConsoleClients? clients)
    {
        int count;
        // As much as a pipe holds at most, several times over: a writer that goes on for ever must not keep the monitor.
        for (int rest = 16 << 20; rest > 0 && (count = FileCalls.Read(fd, _buffer)) > 0; rest -= count)
        {
            if (!IsTaken(fd))
                splitter.Add(_buffer.AsSpan(0, count), DateTime.UtcNow, _log);
            clients?.SendLast(_buffer.AsSpan(0, count));
        }
        splitter.End(_log);
        // Also where nothing was left to read.
        clients?.Flush();
    }
}
