using ContainerTools.Engine.Terminals;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Sockets;
using ContainerTools.Linux.Terminals;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Containers;

/// <content>Starting containers for somebody who feeds their standard input or works with their terminal.</content>
public sealed partial class ContainerManager
{
    /// <summary>Starts a container whose standard input is fed by this process; feeds that of one that runs already.</summary>
    /// <param name="container">The container.</param>
    /// <param name="input">Its standard input, read on a thread of its own until it ends or the container does; null for empty input. Only for a container that was made for that.</param>
    /// <param name="bound">Whether a container that this starts ends, and is removed, with this process.</param>
    /// <param name="cancellationToken">Abandons the start.</param>
    /// <exception cref="ContainerToolsException">As for <see cref="StartAsync"/>; ContainerPaused; ContainerNotInteractive: it takes no input; ContainerInputTaken: it runs, and has the input of who started it, or of who fed it before.</exception>
    public Task<Container> StartAttachedAsync(Container container, Stream? input, bool bound, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        CheckInput(container, input);
        return Task.Run(() => StartAttached(container, input, bound, cancellationToken), cancellationToken);
    }

    /// <summary>Starts a container that has a terminal, unless it runs already, and joins that to this process's own until the container ends or the user leaves.</summary>
    /// <param name="container">The container. Several may work with its terminal at once.</param>
    /// <param name="keys">What leaves the terminal; the container runs on.</param>
    /// <param name="bound">Whether a container that this starts ends, and is removed, with this process, unless the user leaves it.</param>
    /// <param name="cancellationToken">Leaves it too.</param>
    /// <returns>Whether the user left.</returns>
    /// <exception cref="ContainerToolsException">As for <see cref="StartAsync"/>; ContainerPaused; TerminalMissing: this process has none.</exception>
    public Task<bool> StartInTerminalAsync(Container container, DetachKeys keys, bool bound, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(keys);
        CheckTerminal(container.Name);
        return Task.Factory.StartNew(() => StartInTerminal(container, keys, bound, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>
    /// Must follow the attached start of a container that is removed when it has ended: who attached may still have to read its log and exit code, so until then it is kept. Removes it if it has ended.
    /// </summary>
    public void ReleaseAttached(Container container)
    {
        ArgumentNullException.ThrowIfNull(container);
        if (!container.AutoRemove || TryRefresh(container) is not { } current)
            return;
        SetKept(current.Directory, false);
        if (TryRefresh(container) is { State: ContainerState.Exited } ended)
            RemoveAsync(ended, new RemoveContainerOptions { RemoveVolumes = true }, CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>Starts a container that does not run, and that ends and is removed with this process, and takes its standard output, which then is not in its log, byte for byte.</summary>
    /// <param name="container">The container, without a terminal that is worked with.</param>
    /// <param name="input">Its standard input, as for <see cref="StartAttachedAsync"/>; null for empty input.</param>
    /// <param name="cancellationToken">Abandons the start.</param>
    /// <returns>The container as it was started, and its output, which is the caller's to read and to close.</returns>
    /// <exception cref="ContainerToolsException">As for <see cref="StartAttachedAsync"/>; ContainerRunning.</exception>
    public Task<(Container Started, AttachedOutput Output)> StartForOutputAsync(Container container, Stream? input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        CheckInput(container, input);
        return Task.Run(() => StartForOutput(container, input, cancellationToken), cancellationToken);
    }

    private (Container Started, AttachedOutput Output) StartForOutput(Container container, Stream? input, CancellationToken cancellationToken) => StartFed(input, read =>
    {
        var connection = Connect(path => Start(container, new ContainerAttachment { Input = read, ConsoleSocket = path, RawOutput = true, Bound = true }, cancellationToken), out var started);
        return (started, new AttachedOutput(connection));
    });

    /// <summary>Starts a container with the reading end of a pipe, or -1 without input, and begins to feed it once it runs.</summary>
    private static T StartFed<T>(Stream? input, Func<int, T> start)
    {
        var (read, write) = input is null ? (-1, -1) : EventCalls.Pipe();
        try
        {
            var started = start(read);
            if (input is not null)
            {
                InputFeeder.Start(input, write, "Container input");
                write = -1;
            }
            return started;
        }
        finally
        {
            if (read >= 0)
                _ = FileCalls.Close(read);
            if (write >= 0)
                _ = FileCalls.Close(write);
        }
    }

    /// <summary>Starts a container whose monitor connects to a socket of ours before it says that the container is started.</summary>
    private SafeFileHandle Connect(Func<string, Container> start, out Container started)
    {
        string path = Path.Combine(_paths.RunRoot, $".terminal-{Guid.NewGuid():N}");
        Directory.CreateDirectory(_paths.RunRoot, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            using var socket = LocalSocket.Listen(path, packets: true);
            started = start(path);
            return new SafeFileHandle(LinuxException.ThrowIfFailed(LocalSocket.Accept((int)socket.DangerousGetHandle()), "accept"), ownsHandle: true);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void CheckInput(Container container, Stream? input)
    {
        if (input is not null && !container.Configuration.Interactive)
        {
            throw new ContainerToolsException("ContainerNotInteractive", ErrorKind.InvalidArgument,
                $"The container '{container.Name}' takes no standard input. Make it with -Interactive.", container.Name);
        }
    }

    private static void SetKept(string directory, bool kept)
    {
        string path = Path.Combine(directory, ContainerFiles.Keep);
        if (kept)
            File.WriteAllBytes(path, []);
        else
            File.Delete(path);
    }

    /// <summary>Makes sure that this process has a terminal to work with.</summary>
    /// <param name="target">What it is for.</param>
    /// <exception cref="ContainerToolsException">TerminalMissing.</exception>
    public static void CheckTerminal(string target)
    {
        if (!TerminalRelay.IsPossible)
        {
            throw new ContainerToolsException("TerminalMissing", ErrorKind.InvalidState,
                "Standard input and output are not a terminal here, so there is none to work with. Leave -Terminal out to pipe input, or -Interactive to see what is written.", target);
        }
    }

    private Container StartAttached(Container container, Stream? input, bool bound, CancellationToken cancellationToken)
    {
        if (TryAttach(container, input is not null) is var (running, connection))
        {
            if (connection is null)
                return running;
            using (connection)
            {
                InputFeeder.Start(input!, ReceiveDescriptor(connection, running), "Container input");
                return running;
            }
        }
        return StartFed(input, read => Start(container, new ContainerAttachment { Input = read, Bound = bound }, cancellationToken));
    }

    /// <summary>Asks the monitor of a container that runs for what one works with it by.</summary>
    /// <returns>The container, and the connection if one was asked for; null if it does not run.</returns>
    private (Container Running, SafeFileHandle? Connection)? TryAttach(Container container, bool connect)
    {
        var current = Refresh(container);
        if (!current.HasProcess)
            return null;
        if (current.State is ContainerState.Paused)
            throw Paused(current, "nobody can attach to it");
        if (!connect)
            return (current, null);
        try
        {
            return (current, LocalSocket.Connect(Path.Combine(current.Directory, ContainerFiles.Attach), packets: true));
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ECONNREFUSED)
        {
            throw new ContainerToolsException("ContainerInputTaken", ErrorKind.InvalidState,
                $"The standard input of the container '{current.Name}' is what it was started with or has been fed already, or it has just ended. Leave -StandardInput out to see what it writes.", current.Name, e);
        }
    }

    private static int ReceiveDescriptor(SafeFileHandle connection, Container container)
    {
        Span<byte> message = stackalloc byte[16];
        _ = LocalSocket.Receive(connection, message, out var received);
        if (received is null)
            throw NotRunning(container, "attached to");
        int descriptor = (int)received.DangerousGetHandle();
        received.SetHandleAsInvalid();
        return descriptor;
    }

    private bool StartInTerminal(Container container, DetachKeys keys, bool bound, CancellationToken cancellationToken)
    {
        if (TryAttach(container, connect: true) is var (running, attached))
        {
            using (attached)
            using (var terminal = new SafeFileHandle(ReceiveDescriptor(attached!, running), ownsHandle: true))
            {
                int descriptor = (int)terminal.DangerousGetHandle();
                // What stands on its screen is shown to nobody again, unless a new size makes its program draw. The relay then sets the right one.
                if (Terminal.GetSize(descriptor) is var (rows, columns))
                    _ = Terminal.SetSize(descriptor, rows + 1, columns + 1);
                return new TerminalRelay(keys).Run(descriptor, (int)attached!.DangerousGetHandle(), -1, cancellationToken);
            }
        }
        using (var connection = Connect(path => Start(container, new ContainerAttachment { ConsoleSocket = path, Bound = bound, Size = Terminal.GetSize(1) }, cancellationToken), out _))
        {
            // The terminal, which it has sent by then.
            Span<byte> message = stackalloc byte[16];
            _ = LocalSocket.Receive(connection, message, out var master);
            using (master)
            {
                bool left = master is not null && new TerminalRelay(keys).Run((int)master.DangerousGetHandle(), (int)connection.DangerousGetHandle(), -1, cancellationToken);
                if (left && bound)
                    File.Delete(Path.Combine(container.Directory, ContainerFiles.Bound));
                return left;
            }
        }
    }
}
