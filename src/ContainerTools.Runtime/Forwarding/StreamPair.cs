using System.Buffers;
using System.Runtime.InteropServices;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Network;

namespace ContainerTools.Runtime.Forwarding;

/// <summary>Two connections, each of which gets what the other one sends, and its end.</summary>
internal sealed unsafe class StreamPair : IForwarding
{
    private readonly int _client;
    private readonly int _server;
    private readonly Direction _forth;
    private readonly Direction _back;
    private bool _connecting = true;

    public StreamPair(int client, int server)
    {
        (_client, _server) = (client, server);
        // Small packets have been put together, or not, by who sent them.
        foreach (var socket in new[] { client, server })
        {
            const int Tcp = 6, NoDelay = 1;
            var on = 1;
            _ = NetworkCalls.setsockopt(socket, Tcp, NoDelay, &on, sizeof(int));
        }
        (_forth, _back) = (new Direction(client, server), new Direction(server, client));
    }

    public bool IsOver { get; private set; }

    public bool Expires => false;

    public void Watch(List<PollEntry> entries)
    {
        entries.Add(Entry(_client, _forth, _back, _connecting));
        entries.Add(_connecting ? new PollEntry { Descriptor = _server, Events = EventCalls.PollOut } : Entry(_server, _back, _forth, false));
    }

    public void Work(ReadOnlySpan<PollEntry> entries, ref int next)
    {
        var (client, server) = (entries[next].Found, entries[next + 1].Found);
        next += 2;
        if (_connecting && server != 0)
        {
            const int SocketLevel = 1, Error = 4;
            int error = 0;
            uint length = sizeof(int);
            _ = NetworkCalls.getsockopt(_server, SocketLevel, Error, &error, &length);
            if (error != 0)
            {
                Close();
                return;
            }
            _connecting = false;
        }
        if (_connecting || (client | server) == 0)
            return;
        if (!_forth.Move() || !_back.Move() || (_forth.IsDone && _back.IsDone))
            Close();
    }

    // Asked for only what can be used: an end that hangs up would else be reported again and again.
    private static PollEntry Entry(int socket, Direction from, Direction to, bool waits)
    {
        var events = (short)((!waits && from.CanRead ? EventCalls.PollIn : 0) | (!waits && to.HasMore ? EventCalls.PollOut : 0));
        return new PollEntry { Descriptor = events == 0 ? -1 : socket, Events = events };
    }

    private void Close()
    {
        IsOver = true;
        _ = FileCalls.Close(_client);
        _ = FileCalls.Close(_server);
        _forth.Dispose();
        _back.Dispose();
    }

    /// <summary>One way of the two.</summary>
    private sealed unsafe class Direction(int source, int target) : IDisposable
    {
        private const int Size = 1 << 16;

        private byte[]? _buffer;
        private int _start;
        private int _end;
        private bool _ended;

        public bool IsDone { get; private set; }

        public bool HasMore => _end > _start;

        public bool CanRead => !_ended && !HasMore;

        /// <summary>Moves what there is.</summary>
        /// <returns>False when a connection is broken.</returns>
        public bool Move()
        {
            // Not for ever: others wait too.
            for (var round = 0; round < 16; round++)
            {
                while (HasMore)
                {
                    // One call, of which the rest may have to wait; and no SIGPIPE.
                    const int NoSignal = 0x4000;
                    nint written;
                    fixed (byte* data = _buffer)
                        written = NetworkCalls.send(target, data + _start, _end - _start, NoSignal);
                    if (written < 0)
                        return Marshal.GetLastPInvokeError() is Errno.EAGAIN or Errno.EINTR;
                    _start += (int)written;
                }
                if (_ended)
                {
                    if (!IsDone)
                    {
                        const int Sending = 1;
                        _ = NetworkCalls.shutdown(target, Sending);
                        IsDone = true;
                    }
                    break;
                }
                _buffer ??= ArrayPool<byte>.Shared.Rent(Size);
                var count = FileCalls.Read(source, _buffer.AsSpan(0, Size));
                if (count == -Errno.EAGAIN)
                {
                    // One that idles needs no memory.
                    Dispose();
                    break;
                }
                if (count < 0)
                    return false;
                (_start, _end, _ended) = (0, count, count == 0);
            }
            return true;
        }

        public void Dispose()
        {
            if (_buffer is { } buffer)
                ArrayPool<byte>.Shared.Return(buffer);
            _buffer = null;
        }
    }
}
