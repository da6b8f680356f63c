using ContainerTools.Engine;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Launching;

/// <summary>A container whose namespaces, mounts and control group stand and whose process waits to execute its command.</summary>
internal sealed class LaunchedContainer : IDisposable
{
    private readonly Channel? _channel;
    private readonly CallTable _table;

    internal LaunchedContainer(PidFd process, ulong startTime, string? cgroupPath, string? scope, SafeFileHandle? console, Channel? channel, CallTable table)
    {
        Process = process;
        StartTime = startTime;
        CgroupPath = cgroupPath;
        Scope = scope;
        Console = console;
        _channel = channel;
        _table = table;
    }

    /// <summary>The container's first process, a child of this one.</summary>
    public PidFd Process { get; }

    /// <summary>Its id in this process's PID namespace.</summary>
    public int Pid => Process.Pid;

    /// <summary>When it started, in clock ticks since boot (proc_pid_stat(5), field 22); 0 for a further process of a container, of which nobody asks.</summary>
    public ulong StartTime { get; }

    /// <summary>Its control group's path from each hierarchy's root, or null where there is none. Whoever removes the container removes it.</summary>
    public string? CgroupPath { get; }

    /// <summary>The systemd scope that the group is, or null where systemd was not asked for one.</summary>
    public string? Scope { get; }

    /// <summary>The terminal's master side, when the document asks for a terminal.</summary>
    public SafeFileHandle? Console { get; }

    /// <summary>Its root file system, where the options ask for it.</summary>
    public SafeFileHandle? Root { get; init; }

    /// <summary>Lets the command run and returns once it does. Only for a container without a start directory.</summary>
    /// <exception cref="ContainerToolsException">
    /// CommandNotFound, CommandNotExecutable, or what else kept it from running; the process has ended then and waits to be reaped.
    /// </exception>
    public void Start()
    {
        Release();
        AwaitCommand();
    }

    /// <summary>Lets the command run, and does not wait for it.</summary>
    public void Release() => OwnChannel.Send([0]);

    /// <summary>Waits until the command, which was let run, does.</summary>
    /// <inheritdoc cref="Start"/>
    public void AwaitCommand()
    {
        var channel = OwnChannel;
        // Executing the command closes the other side: silence is success.
        var message = LaunchFailures.Receive(channel, out _, _table, _table);
        if (message != LaunchMessage.End)
            throw new InvalidDataException($"The container's process sent an unexpected message '{message}'.");
    }

    private Channel OwnChannel => _channel ?? throw new InvalidOperationException("This container is started through its FIFO.");

    /// <summary>Closes what this process holds of the container. One that was started goes on, or one that is started through its FIFO; another one ends.</summary>
    public void Dispose()
    {
        Process.Dispose();
        Console?.Dispose();
        Root?.Dispose();
        _channel?.Dispose();
    }
}
