using ContainerTools.Engine.Terminals;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using ContainerTools.Linux.Sockets;
using ContainerTools.Linux.Terminals;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Containers;

/// <content>A command with a terminal.</content>
internal sealed partial class ExecSession
{
    private const int Rows = 24, Columns = 80;
    private static readonly TimeSpan s_hangUpTime = TimeSpan.FromSeconds(1);

    /// <summary>Runs the command in a terminal joined to this process's own.</summary>
    /// <returns>Its exit code; null if the user left.</returns>
    public int? RunInteractive(DetachKeys keys, CancellationToken cancellationToken)
    {
        bool left = false;
        int code = RunInTerminal((master, process) => left = new TerminalRelay(keys).Run(master, -1, process.Fd, cancellationToken), cancellationToken);
        return left ? null : code;
    }

    /// <summary>Starts the command with a terminal, whose master side the runtime sends to a socket of ours.</summary>
    /// <param name="use">Works with the master side until the command ends. If it returns before, the command is hung up.</param>
    /// <param name="cancellationToken">Kills the command.</param>
    private int RunInTerminal(Action<int, PidFd> use, CancellationToken cancellationToken)
    {
        string path = Path.Combine(runRoot, $".terminal-{Guid.NewGuid():N}");
        Directory.CreateDirectory(runRoot, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        SafeFileHandle? master = null;
        try
        {
            using var socket = LocalSocket.Listen(path, packets: false);
            using var process = SpawnWithoutStreams(Arguments(path), out int reportRead);
            try
            {
                master = ReceiveMaster(socket, process, cancellationToken);
                if (master is not null)
                {
                    _ = Terminal.SetSize((int)master.DangerousGetHandle(), Rows, Columns);
                    use((int)master.DangerousGetHandle(), process);
                }
            }
            catch
            {
                Kill(process);
                throw;
            }
            // Closing it hangs up what still runs in the terminal.
            master?.Dispose();
            if (!process.WaitForExit(s_hangUpTime, CancellationToken.None))
                Kill(process);
            var status = process.Reap();
            string report = ReadReport(reportRead);
            if (report.Length > 0)
                ExecReport.Throw(report, configuration.Name, options);
            return status?.ShellCode ?? 255;
        }
        finally
        {
            master?.Dispose();
            File.Delete(path);
            foreach (int fd in _open)
                _ = FileCalls.Close(fd);
        }
    }

    /// <returns>The terminal's master side, or null if the runtime ended before it sent one.</returns>
    private static SafeFileHandle? ReceiveMaster(SafeFileHandle socket, PidFd process, CancellationToken cancellationToken)
    {
        using var cancelled = new CancellationEvent(cancellationToken);
        PollEntry[] entries =
        [
            new() { Descriptor = (int)socket.DangerousGetHandle(), Events = EventCalls.PollIn },
            new() { Descriptor = process.Fd, Events = EventCalls.PollIn },
            new() { Descriptor = cancelled.Descriptor, Events = EventCalls.PollIn },
        ];
        LinuxException.ThrowIfFailed(EventCalls.Poll(entries, -1), "poll");
        cancellationToken.ThrowIfCancellationRequested();
        if (entries[0].Found == 0)
            return null;
        using var connection = new SafeFileHandle(LinuxException.ThrowIfFailed(LocalSocket.Accept((int)socket.DangerousGetHandle()), "accept"), ownsHandle: true);
        entries[0] = new() { Descriptor = (int)connection.DangerousGetHandle(), Events = EventCalls.PollIn };
        LinuxException.ThrowIfFailed(EventCalls.Poll(entries, -1), "poll");
        cancellationToken.ThrowIfCancellationRequested();
        Span<byte> name = stackalloc byte[256];
        return LocalSocket.Receive(connection, name, out var master) > 0 ? master : null;
    }

    /// <summary>Hands out the lines that the command shows, and types what its standard input gives.</summary>
    private void PumpTerminal(int master, PidFd process, Action<ContainerStream, string> output, CancellationToken cancellationToken)
    {
        using var cancelled = new CancellationEvent(cancellationToken);
        // A terminal ends its lines with a carriage return too.
        var lines = new LineDecoder(line => output(ContainerStream.Output, line.TrimEnd('\r')));
        byte[] buffer = new byte[64 * 1024];
        EventCalls.SetNonBlocking(master);
        var input = StartTyping();
        byte[] typed = [];
        PollEntry[] entries =
        [
            new() { Descriptor = master },
            new() { Descriptor = process.Fd, Events = EventCalls.PollIn },
            new() { Descriptor = cancelled.Descriptor, Events = EventCalls.PollIn },
            new() { Events = EventCalls.PollIn },
        ];
        bool ended = false;
        while (!ended)
        {
            entries[0].Events = (short)(EventCalls.PollIn | (typed.Length > 0 ? EventCalls.PollOut : 0));
            entries[3].Descriptor = typed.Length == 0 ? input : -1;
            LinuxException.ThrowIfFailed(EventCalls.Poll(entries, -1), "poll");
            cancellationToken.ThrowIfCancellationRequested();
            ended = entries[1].Found != 0;
            int count = 0;
            while (entries[0].Descriptor >= 0 && (count = FileCalls.Read(master, buffer)) > 0)
            {
                if (options.StandardOutput is { } bytes)
                    bytes.Write(buffer, 0, count);
                else
                    lines.Add(buffer.AsSpan(0, count));
            }
            if (count is <= 0 and not -Errno.EAGAIN)
                entries[0].Descriptor = -1; // EIO: no process has the terminal open.
            if (entries[3].Descriptor >= 0 && entries[3].Found != 0 && !ended)
            {
                count = FileCalls.Read(input, buffer);
                typed = count > 0 ? buffer[..count] : [Terminal.EndOfInput];
                if (count <= 0)
                    input = -1;
            }
            if (typed.Length > 0 && entries[0].Descriptor >= 0 && FileCalls.WriteSome(master, typed) is > 0 and var taken)
                typed = typed[taken..];
        }
        lines.End();
    }

    /// <returns>A descriptor that gives the caller's standard input; -1 for none.</returns>
    private int StartTyping()
    {
        if (options.StandardInput is null)
            return -1;
        var (read, write) = Pipe();
        StartInput(write);
        return read;
    }

    private static string ReadReport(int fd)
    {
        using var text = new MemoryStream();
        byte[] buffer = new byte[4096];
        EventCalls.SetNonBlocking(fd);
        int count;
        while ((count = FileCalls.Read(fd, buffer)) > 0)
            text.Write(buffer, 0, count);
        return System.Text.Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length).Trim();
    }
}
