using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Sockets;

namespace ContainerTools.Runtime.Monitor;

/// <summary>Who works with the container's terminal: gets what is shown, in messages of one byte to pass over and text.</summary>
/// <param name="socket">The connection.</param>
/// <param name="isGivenUp">Null gives it a moment for what comes at the end; else it gets all to the last byte, however long it takes, unless this says that nobody wants it any more.</param>
internal sealed class ConsoleClient(int socket, Func<bool>? isGivenUp) : IDisposable
{
    private const int LastMilliseconds = 1000, LookMilliseconds = 250;

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

    /// <summary>Sends text, waiting for the other side to take it: the container has ended.</summary>
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
            int ready = EventCalls.Poll(entry, isGivenUp is null ? LastMilliseconds : LookMilliseconds);
            if (ready > 0)
                Try();
            else if (ready < 0)
                Thread.Sleep(LookMilliseconds); // Out of memory in the kernel: it passes.
        }
        while (_pending is not null && isGivenUp?.Invoke() == false);
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
