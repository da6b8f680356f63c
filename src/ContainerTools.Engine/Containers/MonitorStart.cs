using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Containers;

/// <summary>One start of a monitor, which is begun before what it needs is written, and does nothing before <see cref="Run"/>.</summary>
internal sealed class MonitorStart : IDisposable
{
    // The others say where an ordinary user's systemd is.
    private static readonly string[] s_environment =
        ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", .. UserSession.IsRootless ? Kept("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS") : []];

    private readonly MonitorArguments _arguments;
    private readonly MonitorLockFile _lockFile;
    private readonly string _program;
    private readonly int _input;
    private readonly bool _waits;
    private WaitingMonitor? _waiting;
    private PidFd? _process;
    private int _report = -1;

    /// <summary>Begins a monitor.</summary>
    /// <param name="program">The runtime's binary.</param>
    /// <param name="arguments">What it is told.</param>
    /// <param name="lockFile">The container's locked file, which it takes over.</param>
    /// <param name="input">Its standard input; -1 for none.</param>
    /// <param name="waits">False begins it in <see cref="Run"/> only: one that goes into a session first cannot be held back.</param>
    /// <exception cref="ContainerToolsException">RuntimeBinaryMissing.</exception>
    public MonitorStart(string program, MonitorArguments arguments, MonitorLockFile lockFile, int input, bool waits)
    {
        (_program, _arguments, _lockFile, _input, _waits) = (program, arguments, lockFile, input, waits);
        if (!waits)
            return;
        _waiting = MonitorReserve.Take(program, arguments.Id);
        WasInReserve = _waiting is not null;
        _waiting ??= Begin(program);
    }

    /// <summary>Whether it was begun for whichever container comes: then it may also die for reasons that have nothing to do with this one.</summary>
    public bool WasInReserve { get; private set; }

    /// <summary>Lets it start the container.</summary>
    /// <param name="document">The container's config.json, which is in its place afterwards.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Its report.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; it is still at work.</exception>
    public byte[] Run(byte[] document, CancellationToken cancellationToken)
    {
        var (read, write) = EventCalls.Pipe();
        _report = read;
        try
        {
            Start(write, document);
        }
        finally
        {
            _ = FileCalls.Close(write);
        }
        MonitorProcesses.Add(_process!);
        byte[] report = ReadReport(_report, cancellationToken);
        if (StartReport.IsSuccess(report))
        {
            if (_waits)
                MonitorReserve.Replenish(_program, _arguments, document);
            MonitorProcesses.KeepEnd(_arguments.Id, _report);
            _report = -1;
        }
        return report;
    }

    /// <summary>Ends it.</summary>
    public void Kill(TimeSpan timeout)
    {
        _ = _process?.SendSignal(9);
        _ = _process?.WaitForExit(timeout, CancellationToken.None);
    }

    public void Dispose()
    {
        _waiting?.End();
        if (_report >= 0)
            _ = FileCalls.Close(_report);
        _report = -1;
    }

    /// <summary>Starts the runtime's binary as a monitor: in a session of its own, with nothing of this process's but what it is given.</summary>
    internal static PidFd Spawn(string program, IEnumerable<string> arguments, Dictionary<int, int> descriptors)
    {
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        int none = (int)nothing.DangerousGetHandle();
        // The numbers that are given a meaning later must not be taken by what comes first.
        for (int number = 0; number <= MonitorArguments.LastDescriptor; number++)
            descriptors.TryAdd(number, none);
        return ChildProcess.Spawn(program, ["ctrun", "monitor", .. arguments],
            new SpawnOptions { Environment = s_environment, NewSession = true, WorkingDirectory = "/", Descriptors = descriptors });
    }

    private static IEnumerable<string> Kept(params string[] names) =>
        names.Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name))).Where(variable => variable.Value is { Length: > 0 }).Select(variable => $"{variable.Name}={variable.Value}");

    private void Start(int report, byte[] document)
    {
        bool ready = _waiting?.Document is { } offered && document.AsSpan().SequenceEqual(offered);
        if (!ready)
            WriteDocument(document);
        if (_waiting is null)
        {
            var descriptors = new Dictionary<int, int>
            {
                [MonitorArguments.ReportDescriptor] = report,
                [MonitorArguments.LockDescriptor] = (int)_lockFile.Handle.DangerousGetHandle(),
            };
            if (_input >= 0)
                descriptors[0] = _input;
            _process = Explain(_program, () => Spawn(_program, _arguments.ToArguments(), descriptors));
            return;
        }
        while (!_waiting.Call(_arguments, ready, report, _lockFile, _input))
        {
            // Somebody has killed it.
            _waiting.End();
            _waiting = null;
            WasInReserve = false;
            if (ready)
                WriteDocument(document);
            ready = false;
            _waiting = Begin(_program);
        }
        _process = _waiting.Process;
        _waiting.Dispose();
        _waiting = null;
    }

    private void WriteDocument(byte[] document) => AtomicFile.Write(Path.Combine(_arguments.Directory, ContainerFiles.Specification), document, durable: false);

    private static WaitingMonitor Begin(string program) => Explain(program, () => WaitingMonitor.Begin(program));

    private static T Explain<T>(string program, Func<T> spawn)
    {
        try
        {
            return spawn();
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.EACCES or Errno.ENOEXEC)
        {
            throw new ContainerToolsException("RuntimeBinaryMissing", ErrorKind.NotFound, $"The runtime's binary '{program}' cannot be executed: {e.Message}. Build the project again.", program, e);
        }
    }

    private static byte[] ReadReport(int fd, CancellationToken cancellationToken)
    {
        using var cancelled = new CancellationEvent(cancellationToken);
        using var report = new MemoryStream();
        byte[] buffer = new byte[4096];
        while (true)
        {
            PollEntry[] entries = [new() { Descriptor = fd, Events = EventCalls.PollIn }, new() { Descriptor = cancelled.Descriptor, Events = EventCalls.PollIn }];
            LinuxException.ThrowIfFailed(EventCalls.Poll(entries, -1), "poll");
            if (entries[0].Found != 0)
            {
                int count = LinuxException.ThrowIfFailed(FileCalls.Read(fd, buffer), "read");
                if (count == 0)
                    return report.ToArray();
                report.Write(buffer, 0, count);
                // After a success the pipe stays open until the container has ended.
                if (StartReport.IsSuccess(report.GetBuffer().AsSpan(0, (int)report.Length)))
                    return report.ToArray();
            }
            else
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }
}
