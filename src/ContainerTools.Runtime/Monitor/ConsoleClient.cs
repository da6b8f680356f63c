using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Sockets;

namespace ContainerTools.Runtime.Monitor;

/// <summary>Who works with the container's terminal: gets what is shown, in messages of one byte to pass over and text.</summary>
/// <param name="socket">The connection.</param>
/// <param name="waits">Whether it gets all to the last byte, however long it takes; else a moment is enough for what comes at the end.</param>
internal sealed class ConsoleClient(int socket, bool waits) : IDisposable
{
    private const int LastMilliseconds = 1000;

    private byte[]? _pending;

    /// <summary>The connection; -1 when it is gone, as far as is known.</summary>
    public int Descriptor { get; private set; } = socket;

    /// <summary>Whether a message waits for it.</summary>
    public bool IsBusy => _pending is not null;

    /// <summary>Does what is due after a wait.</summary>
    /// <param name="found">What was found of the connection.</param>
    public void Step(short found)
    {
        if (found == 0)
            return;
        if (_pending is not null)
            Try();
        else
            Dispose(); // It never sends anything, so it has left.
    }

    /// <summary>Sends text, or keeps it.</summary>
    public void Send(ReadOnlySpan<byte> text)
    {
        if (Descriptor < 0)
            return;
        _pending = [0, .. text];
        Try();
    }

    /// <summary>Sends text, waiting a moment for the other side to take it: the container has ended.</summary>
    public void SendLast(ReadOnlySpan<byte> text)
    {
        Flush();
        Send(text);
        Flush();
    }

    public void Dispose()
    {
        if (Descriptor >= 0)
            _ = FileCalls.Close(Descriptor);
        Descriptor = -1;
        _pending = null;
    }

    /// <summary>Waits for the other side to take what was sent: the container has ended.</summary>
    public void Flush()
    {
        if (_pending is null)
            return;
        PollEntry[] entry = [new() { Descriptor = Descriptor, Events = EventCalls.PollOut }];
        do
        {
            if (EventCalls.Poll(entry, waits ? -1 : LastMilliseconds) > 0)
                Try();
        }
        while (waits && _pending is not null);
        if (_pending is not null)
            Dispose();
    }

    private void Try()
    {
        int sent = LocalSocket.TrySend(Descriptor, _pending);
        if (sent == -Errno.EAGAIN)
            return;
        _pending = null;
        if (sent < 0)
            Dispose(); // It has left.
    }
}
