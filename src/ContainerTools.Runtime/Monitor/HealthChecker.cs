using System.Globalization;
using System.Text;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Events;
using ContainerTools.Engine.Health;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Monitor;

/// <summary>Runs a container's health checks, one at a time, beside the watcher's other work: it tells what to wait for, and takes the next step when that has happened.</summary>
internal sealed class HealthChecker : IDisposable
{
    private const int MaximumOutput = 4096, StrayMilliseconds = 2000, StrayLookMilliseconds = 50;

    private readonly MonitorArguments _options;
    private readonly HealthCheck _check;
    private readonly byte[] _text = new byte[MaximumOutput];
    private ContainerHealth _health;
    private PidFd? _process;
    private DateTimeOffset _began;
    private int _output = -1;
    private int _length;
    private long _next;
    private long _deadline;
    private long _straysUntil;

    private HealthChecker(MonitorArguments options, HealthCheck check)
    {
        _options = options;
        _check = check;
        _health = HealthFiles.Read(options.Directory);
        _next = (_health.Log.Count == 0 ? options.StartedAt : Environment.TickCount64) + Interval;
    }

    /// <summary>Whether a check is under way, which a fresh process image would lose.</summary>
    public bool IsBusy => _process is not null;

    /// <summary>How long until something is to be done, in milliseconds.</summary>
    public int Milliseconds => (int)Math.Clamp((IsBusy ? _deadline : _next) - Environment.TickCount64, 0, _straysUntil > 0 ? StrayLookMilliseconds : int.MaxValue);

    private bool IsStarting => _health.Status is HealthStatus.Starting && Environment.TickCount64 - _options.StartedAt < _check.StartPeriod.TotalMilliseconds;

    private long Interval => (long)Math.Min(_check.Interval.TotalMilliseconds, IsStarting ? _check.StartInterval.TotalMilliseconds : double.MaxValue);

    /// <summary>The checker of a container; null if it has no checks.</summary>
    public static HealthChecker? Open(MonitorArguments options) =>
        options.Health && HealthFiles.ReadCheck(options.Directory) is { } check ? new HealthChecker(options, check) : null;

    /// <summary>Puts what is to be waited for into two entries: the check's process and its output.</summary>
    public void Watch(Span<PollEntry> entries)
    {
        entries[0] = new PollEntry { Descriptor = _process?.Fd ?? -1, Events = EventCalls.PollIn };
        entries[1] = new PollEntry { Descriptor = _output, Events = EventCalls.PollIn };
    }

    /// <summary>Does what is due.</summary>
    public void Step()
    {
        long now = Environment.TickCount64;
        if (_straysUntil > 0)
            CollectStrays(now);
        if (_process is null)
        {
            if (now >= _next)
                Begin(now);
            return;
        }
        Read();
        if (_process.HasExited)
        {
            Read();
            int? code = _process.Reap()?.ShellCode;
            Record(code ?? 255, Encoding.UTF8.GetString(_text, 0, _length));
            if (_options.Runtime is not null)
            {
                _straysUntil = now + StrayMilliseconds;
                CollectStrays(now);
            }
        }
        else if (now >= _deadline)
        {
            Kill();
            Record(-1, string.Create(CultureInfo.InvariantCulture, $"The check took longer than {_check.Timeout.TotalSeconds} seconds.\n{Encoding.UTF8.GetString(_text, 0, _length)}"));
        }
    }

    /// <summary>Ends a check that is under way.</summary>
    public void Dispose()
    {
        if (_process is not null)
            Kill();
        Close();
    }

    private void Begin(long now)
    {
        // A container that stands still cannot answer, and is not ill for that.
        if (Cgroup.At(_options.CgroupPath).IsFrozen)
        {
            _next = now + Interval;
            return;
        }
        _began = DateTimeOffset.UtcNow;
        _length = 0;
        _deadline = now + (long)_check.Timeout.TotalMilliseconds;
        int write = -1;
        try
        {
            using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            (_output, write) = EventCalls.Pipe();
            EventCalls.SetNonBlocking(_output);
            _process = ChildProcess.Spawn("/proc/self/exe", Arguments(), new SpawnOptions
            {
                Environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
                Descriptors = new Dictionary<int, int> { [0] = (int)nothing.DangerousGetHandle(), [1] = write, [2] = write },
            });
        }
        catch (Exception e) when (e is IOException or LinuxException)
        {
            Record(255, $"The check could not be started: {e.Message}");
        }
        finally
        {
            if (write >= 0)
                _ = FileCalls.Close(write);
        }
    }

    private string[] Arguments()
    {
        var place = _options.Runtime is { } other
            ? OtherRuntime.ExecOptions(_options.RunRoot, other, _options.CgroupPath, _options.Directory, Environment.ProcessId)
            : ContainerLeftovers.LostStateOptions(_options.RunRoot, _options.Id, _options.Directory, _options.CgroupPath);
        return ["ctrun", "--root", ContainerLeftovers.RuntimeRoot(_options.RunRoot), "exec", .. place, _options.Id, .. _check.Command];
    }

    /// <summary>
    /// Collects what another runtime's <c>exec</c> has left uncollected, as when the container ends while it is at work: it becomes a child of this process, which made itself the one that
    /// orphans come to. The container's first process does not end before all that were in its PID namespace are collected (pid_namespaces(7)).
    /// </summary>
    private void CollectStrays(long now)
    {
        foreach (int child in ProcessChildren.Of(Environment.ProcessId))
        {
            if (child == _options.Pid || child == _options.Guard || child == _options.HeldPorts.Forwarder || child == _process?.Pid || PidFd.ReadStat(child) is not ('Z', _))
                continue;
            using var stray = PidFd.Open(child);
            _ = stray.Reap();
        }
        if (now >= _straysUntil)
            _straysUntil = 0;
    }

    private void Read()
    {
        Span<byte> rest = stackalloc byte[MaximumOutput];
        int count;
        while (_output >= 0 && (count = FileCalls.Read(_output, _length < MaximumOutput ? _text.AsSpan(_length) : rest)) != -Errno.EAGAIN)
        {
            if (count <= 0)
            {
                _ = FileCalls.Close(_output);
                _output = -1;
            }
            else if (_length < MaximumOutput)
            {
                _length += count;
            }
        }
    }

    /// <summary>Kills the command and what it has begun, which then ends the runtime that waits for it; the runtime alone would leave it behind.</summary>
    private void Kill()
    {
        foreach (int command in ProcessChildren.Of(_process!.Pid))
            ProcessSession.Kill(command);
        _ = _process.WaitForExit(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = _process.SendSignal(Signals.Kill);
        _ = _process.Reap();
    }

    private void Record(int exitCode, string output)
    {
        Close();
        var before = _health.Status;
        _health = _health.After(new HealthCheckResult(_began, DateTimeOffset.UtcNow, exitCode, output), _check.Retries, IsStarting);
        _next = Environment.TickCount64 + Interval;
        if (_health.Status != before)
            EventLog.AddOfContainer(_options.Root, _options.Directory, ContainerEventAction.Health, ("health", HealthFiles.Name(_health.Status)));
        try
        {
            HealthFiles.Write(_options.Directory, _health);
        }
        catch (ContainerToolsException)
        {
            // The disk is full: the next result may find room.
        }
    }

    private void Close()
    {
        _process?.Dispose();
        _process = null;
        if (_output >= 0)
            _ = FileCalls.Close(_output);
        _output = -1;
    }
}
