using System.Runtime.InteropServices;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Terminals;

namespace ContainerTools.Engine.Terminals;

/// <summary>
/// Joins the user's terminal and one in a container: what is typed goes in as it is typed (Ctrl+C and Ctrl+D too), what is shown comes out, and the one in the container
/// has the user's size at any time.
/// </summary>
/// <param name="keys">What leaves it.</param>
public sealed class TerminalRelay(DetachKeys keys)
{
    private const int Input = 0, Output = 1;
    private const int BufferSize = 64 * 1024;

    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly List<byte> _typed = [];

    /// <summary>Whether this process has a terminal for its input and its output.</summary>
    public static bool IsPossible => Terminal.IsTerminal(Input) && Terminal.IsTerminal(Output);

    /// <summary>Relays until the other side ends or the user leaves. The user's terminal is raw meanwhile.</summary>
    /// <param name="master">The master side of the terminal in the container; read too, unless <paramref name="source"/> is given. Not blocking afterwards.</param>
    /// <param name="source">A descriptor of messages to show instead: each a byte to pass over, and text. -1 for the master.</param>
    /// <param name="end">A descriptor that becomes readable when all is over, such as a process's; -1 for the end of what is read.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>True if the user left.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool Run(int master, int source, int end, CancellationToken cancellationToken)
    {
        using var mode = TerminalMode.MakeRaw(Input);
        int resized = EventCalls.EventDescriptor();
        try
        {
            using (PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => FileCalls.Write(resized, BitConverter.GetBytes(1UL))))
            {
                CopySize(master);
                EventCalls.SetNonBlocking(master);
                return Relay(master, source, end, resized, cancellationToken);
            }
        }
        finally
        {
            _ = FileCalls.Close(resized);
        }
    }

    private bool Relay(int master, int source, int end, int resized, CancellationToken cancellationToken)
    {
        using var cancelled = new CancellationEvent(cancellationToken);
        int reading = source >= 0 ? source : master;
        PollEntry[] entries =
        [
            new() { Descriptor = reading, Events = EventCalls.PollIn },
            new() { Descriptor = Input, Events = EventCalls.PollIn },
            new() { Descriptor = -1, Events = EventCalls.PollOut },
            new() { Descriptor = resized, Events = EventCalls.PollIn },
            new() { Descriptor = end, Events = EventCalls.PollIn },
            new() { Descriptor = cancelled.Descriptor, Events = EventCalls.PollIn },
        ];
        while (true)
        {
            // While the other side does not take what was typed, no more is read.
            entries[1].Descriptor = _typed.Count == 0 ? Input : -1;
            entries[2].Descriptor = _typed.Count > 0 ? master : -1;
            LinuxException.ThrowIfFailed(EventCalls.Poll(entries, -1), "poll");
            cancellationToken.ThrowIfCancellationRequested();
            if (entries[3].Found != 0)
            {
                _ = FileCalls.Read(resized, _buffer.AsSpan(0, 8));
                CopySize(master);
            }
            if (entries[1].Descriptor >= 0 && entries[1].Found != 0 && ReadTyped())
                return true;
            if (_typed.Count > 0)
                SendTyped(master);
            if (entries[0].Found != 0 && !Show(reading, source >= 0))
            {
                if (end < 0)
                    return false;
                entries[0].Descriptor = -1;
            }
            if (entries[4].Found != 0)
            {
                // What was written before the end.
                while (entries[0].Descriptor >= 0 && Show(reading, source >= 0) && HasMore(reading))
                {
                }
                return false;
            }
        }
    }

    /// <returns>Whether the user leaves, or the terminal is gone.</returns>
    private bool ReadTyped()
    {
        int count = FileCalls.Read(Input, _buffer);
        return count <= 0 ? count != -Errno.EAGAIN : keys.Take(_buffer.AsSpan(0, count), _typed);
    }

    private void SendTyped(int master)
    {
        int sent = FileCalls.WriteSome(master, CollectionsMarshal.AsSpan(_typed));
        if (sent >= 0)
            _typed.RemoveRange(0, sent);
        else if (sent != -Errno.EAGAIN)
            _typed.Clear(); // Nobody is there to read it any more.
    }

    /// <returns>False at the end.</returns>
    private bool Show(int reading, bool messages)
    {
        int count = FileCalls.Read(reading, _buffer);
        // The master side gives EIO when no process has the other side open.
        if (count <= 0)
            return count == -Errno.EAGAIN;
        _ = WriteAll(_buffer.AsSpan(messages ? 1 : 0, count - (messages ? 1 : 0)));
        return true;
    }

    private static bool HasMore(int reading)
    {
        PollEntry[] entry = [new() { Descriptor = reading, Events = EventCalls.PollIn }];
        return EventCalls.Poll(entry, 0) > 0 && (entry[0].Found & EventCalls.PollIn) != 0;
    }

    // The user's terminal may be set not to block by whoever shares it.
    private static bool WriteAll(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int written = FileCalls.WriteSome(Output, data);
            if (written >= 0)
                data = data[written..];
            else if (written == -Errno.EAGAIN)
                _ = EventCalls.Poll([new PollEntry { Descriptor = Output, Events = EventCalls.PollOut }], -1);
            else
                return false;
        }
        return true;
    }

    private static void CopySize(int master)
    {
        if (Terminal.GetSize(Output) is var (rows, columns))
            _ = Terminal.SetSize(master, rows, columns);
    }
}
