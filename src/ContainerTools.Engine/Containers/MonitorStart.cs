using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// A monitor that was just begun. It does nothing before <see cref="Run"/>, and ends if that never comes, also when this process is killed: so it can begin, which takes it two
/// milliseconds, while what it needs is still being written.
/// </summary>
internal sealed class MonitorStart : IDisposable
{
    private static readonly string[] s_environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];

    private readonly MonitorArguments _arguments;
    private readonly MonitorLockFile _lockFile;
    private readonly string _program;
    private readonly int _input;
    private PidFd? _process;
    private int _report = -1;
    private int _go = -1;

    /// <summary>Begins a monitor.</summary>
    /// <param name="program">The runtime's binary.</param>
    /// <param name="arguments">What it is told.</param>
    /// <param name="lockFile">The container's locked file, which it takes over.</param>
    /// <param name="input">Its standard input; -1 for none.</param>
    /// <param name="waits">False begins it in <see cref="Run"/> only: one that goes into a session first cannot be held back.</param>
    public MonitorStart(string program, MonitorArguments arguments, MonitorLockFile lockFile, int input, bool waits)
    {
        (_program, _arguments, _lockFile, _input) = (program, arguments, lockFile, input);
        if (waits)
            Spawn(waits: true);
    }

    /// <summary>Lets it start the container.</summary>
    /// <returns>Its report.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; it is still at work.</exception>
    public byte[] Run(CancellationToken cancellationToken)
    {
        if (_process is null)
            Spawn(waits: false);
        if (_go >= 0)
            _ = FileCalls.Write(_go, [1]);
        Close(ref _go);
        MonitorProcesses.Add(_process!);
        return ReadReport(_report, cancellationToken);
    }

    /// <summary>Ends it.</summary>
    public void Kill(TimeSpan timeout)
    {
        _ = _process?.SendSignal(9);
        _ = _process?.WaitForExit(timeout, CancellationToken.None);
    }

    public void Dispose()
    {
        if (_go >= 0 && _process is { } process)
        {
            // It was never let go: it ends now, and with it its hold on the lock.
            Close(ref _go);
            _ = process.Reap();
            process.Dispose();
        }
        Close(ref _report);
    }

    private void Spawn(bool waits)
    {
        var (read, write) = EventCalls.Pipe();
        _report = read;
        var (wait, go) = waits ? EventCalls.Pipe() : (-1, -1);
        _go = go;
        try
        {
            using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            int none = (int)nothing.DangerousGetHandle();
            var descriptors = new Dictionary<int, int>
            {
                [0] = _input >= 0 ? _input : none,
                [1] = none,
                [2] = none,
                [MonitorArguments.ReportDescriptor] = write,
                [MonitorArguments.LockDescriptor] = (int)_lockFile.Handle.DangerousGetHandle(),
            };
            if (waits)
                descriptors[MonitorArguments.GoDescriptor] = wait;
            _process = ChildProcess.Spawn(_program, ["ctrun", "monitor", .. waits ? [MonitorArguments.Wait] : Array.Empty<string>(), .. _arguments.ToArguments()],
                new SpawnOptions { Environment = s_environment, NewSession = true, WorkingDirectory = "/", Descriptors = descriptors });
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.EACCES or Errno.ENOEXEC)
        {
            throw new ContainerToolsException("RuntimeBinaryMissing", ErrorKind.NotFound, $"The runtime's binary '{_program}' cannot be executed: {e.Message}. Build the project again.", _program, e);
        }
        finally
        {
            Close(ref write);
            Close(ref wait);
            if (_process is null)
            {
                Close(ref _report);
                Close(ref _go);
            }
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
                // A success is one short line; the pipe may stay open a little longer than that.
                if (report.Length == 3 && report.GetBuffer().AsSpan(0, 3).SequenceEqual("ok\n"u8))
                    return report.ToArray();
            }
            else
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private static void Close(ref int descriptor)
    {
        if (descriptor >= 0)
            _ = FileCalls.Close(descriptor);
        descriptor = -1;
    }
}
