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
    /// <summary>How many bytes a document may have for it to get ready: all of it is one message.</summary>
    public const int LongestDocument = 48 * 1024;

    private readonly Channel _channel;

    private WaitingMonitor(string program, PidFd process, Channel channel) => (Program, Process, _channel) = (program, process, channel);

    /// <summary>The runtime's binary that it is.</summary>
    public string Program { get; }

    /// <summary>The document that it got ready for; null for none.</summary>
    public byte[]? Document { get; private set; }

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

    /// <summary>Lets it get ready for a container.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="document">The container's config.json.</param>
    public void Offer(MonitorArguments arguments, byte[] document)
    {
        // Both have something to do now.
        if (Send($"{MonitorArguments.Prepare}{Processor.Current}", arguments, document))
            Document = document;
    }

    /// <summary>Lets it go through what it will do, so that its program is in memory by then.</summary>
    /// <param name="arguments">The arguments of an earlier one.</param>
    /// <param name="document">That one's config.json.</param>
    public void Rehearse(MonitorArguments arguments, byte[] document) => _ = Send(MonitorArguments.Rehearse, arguments, document);

    /// <summary>Tells it what to monitor.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="ready">Whether the container's document is the one that it got ready for; it puts it in its place then.</param>
    /// <param name="report">The writing end of the pipe for its report.</param>
    /// <param name="lockFile">The container's locked file.</param>
    /// <param name="input">Its standard input; -1 for none.</param>
    /// <returns>False when it is dead.</returns>
    public bool Call(MonitorArguments arguments, bool ready, int report, MonitorLockFile lockFile, int input)
    {
        var words = arguments.ToArguments();
        byte[] message = Encoding.UTF8.GetBytes(string.Join('\0', ready ? words.Prepend(MonitorArguments.Ready) : words));
        int locked = (int)lockFile.Handle.DangerousGetHandle();
        return _channel.Send(message, input < 0 ? [report, locked] : [report, locked, input]);
    }

    private bool Send(string what, MonitorArguments arguments, byte[] document) =>
        _channel.Send(Encoding.UTF8.GetBytes(string.Join('\0', [what, Encoding.UTF8.GetString(document), .. arguments.ToArguments()])), []);

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
