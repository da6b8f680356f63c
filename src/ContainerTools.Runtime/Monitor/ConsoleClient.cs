using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Sockets;

namespace ContainerTools.Runtime.Monitor;

/// <summary>
/// Who works with the container's terminal: gets what is shown, in messages of one byte to pass over and text. While it does not take that, no more is read from the terminal;
/// so a slow one holds up the container, and never its end.
/// </summary>
internal sealed class ConsoleClient(int socket) : IDisposable
{
    private const int LastMilliseconds = 1000;

    private int _socket = socket;
    private byte[]? _pending;
    private int _held = -1;

    /// <summary>Whether a message waits.</summary>
    public bool IsBusy => _pending is not null;

    /// <summary>Whether it is still there, as far as is known.</summary>
    public bool IsOpen => _socket >= 0;

    /// <summary>Sets what is waited for.</summary>
    /// <param name="output">The terminal's entry.</param>
    /// <param name="connection">This connection's.</param>
    public void Watch(ref PollEntry output, ref PollEntry connection)
    {
        if (connection.Found != 0 && connection.Descriptor >= 0)
            Try();
        if (_pending is not null && _held < 0)
        {
            _held = output.Descriptor;
            output.Descriptor = -1;
        }
        else if (_pending is null && _held >= 0)
        {
            output.Descriptor = _held;
            _held = -1;
        }
        connection = new PollEntry { Descriptor = _pending is null ? -1 : _socket, Events = EventCalls.PollOut };
    }

    /// <summary>Sends text, or keeps it.</summary>
    public void Send(ReadOnlySpan<byte> text)
    {
        if (_socket < 0)
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
        if (_socket >= 0)
            _ = FileCalls.Close(_socket);
        _socket = -1;
        _pending = null;
    }

    private void Flush()
    {
        if (_pending is null)
            return;
        PollEntry[] entry = [new() { Descriptor = _socket, Events = EventCalls.PollOut }];
        if (EventCalls.Poll(entry, LastMilliseconds) > 0)
            Try();
        if (_pending is not null)
            Dispose();
    }

    private void Try()
    {
        int sent = LocalSocket.TrySend(_socket, _pending);
        if (sent == -Errno.EAGAIN)
            return;
        _pending = null;
        if (sent < 0)
            Dispose(); // It has left.
    }
}
