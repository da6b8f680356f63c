using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// A monitor that was begun and waits to be told whose it is. If that never comes it ends, also when this process is killed: so it can begin, which takes it two milliseconds, while what it
/// needs is still being written.
/// </summary>
internal sealed class WaitingMonitor : IDisposable
{
    private readonly Channel _channel;

    private WaitingMonitor(string program, PidFd process, Channel channel) => (Program, Process, _channel) = (program, process, channel);

    /// <summary>The runtime's binary that it is.</summary>
    public string Program { get; }

    /// <summary>The process; it stays open when this object is disposed.</summary>
    public PidFd Process { get; }

    /// <summary>Begins one.</summary>
    /// <exception cref="LinuxException">The binary cannot be executed.</exception>
    public static WaitingMonitor Begin(string program)
    {
        var channel = Channel.Create();
        try
        {
            int other = (int)channel.Other.DangerousGetHandle();
            var process = MonitorStart.Spawn(program, [MonitorArguments.Wait], new Dictionary<int, int> { [MonitorArguments.CallDescriptor] = other });
            channel.Other.Dispose();
            return new WaitingMonitor(program, process, channel);
        }
        catch
        {
            channel.Dispose();
            throw;
        }
    }

    /// <summary>Tells it what to monitor.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="report">The writing end of the pipe for its report.</param>
    /// <param name="lockFile">The container's locked file.</param>
    /// <param name="input">Its standard input; -1 for none.</param>
    /// <returns>False when it is dead.</returns>
    public bool Call(MonitorArguments arguments, int report, MonitorLockFile lockFile, int input)
    {
        byte[] message = Encoding.UTF8.GetBytes(string.Join('\0', arguments.ToArguments()));
        int locked = (int)lockFile.Handle.DangerousGetHandle();
        return _channel.Send(message, input < 0 ? [report, locked] : [report, locked, input]);
    }

    /// <summary>Ends one that was not called.</summary>
    public void End()
    {
        Dispose();
        _ = Process.Reap();
        Process.Dispose();
    }

    /// <summary>Says no more to it.</summary>
    public void Dispose() => _channel.Dispose();
}
