using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Containers;

/// <summary>One container whose end is waited for. It holds the container's lock file open, which has the last status also when the directory is gone.</summary>
internal sealed class EndWatch : IDisposable
{
    private readonly ContainerManager _manager;
    private readonly Container _container;
    private readonly long _deadline;
    private MonitorLockFile? _lockFile;
    private PidFd? _monitor;
    private int _end = -1;
    private int _round;

    public EndWatch(ContainerManager manager, Container container, TimeSpan? timeout)
    {
        (_manager, _container) = (manager, container);
        _deadline = timeout is { } time ? Environment.TickCount64 + (long)Math.Max(0, Math.Ceiling(time.TotalMilliseconds)) : long.MaxValue;
        Hold();
    }

    /// <summary>Looks whether the container has ended. If not, adds what tells of it.</summary>
    /// <param name="entries">What is polled.</param>
    /// <param name="milliseconds">How long is polled at most; made less, never more.</param>
    public ContainerWaitResult? Step(List<PollEntry> entries, ref int milliseconds)
    {
        try
        {
            if (Look() is { } ended)
                return new ContainerWaitResult(_container, ended, null);
        }
        catch (ContainerToolsException e)
        {
            return new ContainerWaitResult(_container, null, e);
        }
        long now = Environment.TickCount64;
        if (now >= _deadline)
            return new ContainerWaitResult(_container, null, null);
        if (_deadline != long.MaxValue)
            Limit(ref milliseconds, _deadline - now);
        if (_monitor is null)
        {
            // About to be started, or to end.
            Limit(ref milliseconds, ContainerManager.NextPause(ref _round));
            return null;
        }
        entries.Add(new PollEntry { Descriptor = _monitor.Fd, Events = EventCalls.PollIn });
        if (_end >= 0)
            entries.Add(new PollEntry { Descriptor = _end, Events = EventCalls.PollIn });
        return null;
    }

    public void Dispose()
    {
        LetGo();
        _lockFile?.Dispose();
        _lockFile = null;
    }

    private Container? Look()
    {
        if (_monitor is not null)
        {
            if (!_monitor.HasExited && !(_end >= 0 && EventCalls.IsReadable(_end)))
                return null;
            MonitorProcesses.Collect();
            var ended = _manager.AfterMonitor(_container, _lockFile!);
            if (ended is not null)
                return ended;
            // Started again meanwhile, or its monitor was killed.
            LetGo();
        }
        Hold();
        if (_lockFile is null)
            throw _manager.NotFound(_container.Name);
        if (_monitor is not null)
            return null;
        var status = StatusReader.Read(_manager.DirectoryOf(_container));
        if (status.State is not (ContainerState.Created or ContainerState.Exited) || _lockFile.IsHeld)
            return null;
        MonitorProcesses.Collect();
        return _manager.Refresh(_container);
    }

    private void Hold()
    {
        var file = MonitorLockFile.TryOpen(_manager.DirectoryOf(_container));
        if (file is null)
            return;
        _lockFile?.Dispose();
        _lockFile = file;
        if (!file.IsHeld || (_monitor = file.OpenMonitor()) is null)
            return;
        _end = MonitorProcesses.OpenEnd(_container.Id);
    }

    private void LetGo()
    {
        _monitor?.Dispose();
        _monitor = null;
        if (_end >= 0)
            _ = FileCalls.Close(_end);
        _end = -1;
    }

    private static void Limit(ref int milliseconds, long most)
    {
        int limited = (int)Math.Min(int.MaxValue, most);
        milliseconds = milliseconds < 0 ? limited : Math.Min(milliseconds, limited);
    }
}
