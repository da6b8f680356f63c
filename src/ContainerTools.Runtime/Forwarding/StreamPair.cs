using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Network;

namespace ContainerTools.Runtime.Forwarding;

/// <summary>Two connections, each of which gets what the other one sends, and its end: an orderly one, or that it was broken.</summary>
internal sealed unsafe class StreamPair : IForwarding
{
    private const short Broken = EventCalls.PollHangUp | 8; // POLLERR

    // How long what was said before the break may take to arrive.
    private const int DrainMilliseconds = 5000;

    private readonly int _client;
    private readonly int _server;
    private readonly StreamDirection _forth;
    private readonly StreamDirection _back;
    private bool _connecting = true;
    private long _resetAt;

    public StreamPair(StreamListener listener, int client, int server)
    {
        (Listener, _client, _server) = (listener, client, server);
        // Small packets have been put together, or not, by who sent them.
        SocketOptions.SetUpStream(client);
        SocketOptions.SetUpStream(server);
        (_forth, _back) = (new StreamDirection(client, server), new StreamDirection(server, client));
    }

    /// <summary>What has accepted the one.</summary>
    public StreamListener Listener { get; }

    public bool IsOver { get; private set; }

    public bool Expires => _resetAt > 0;

    public void Watch(List<PollEntry> entries)
    {
        entries.Add(Entry(_client, _forth, _back));
        entries.Add(_connecting && _resetAt == 0 ? new PollEntry { Descriptor = _server, Events = EventCalls.PollOut } : Entry(_server, _back, _forth));
    }

    public void Work(ReadOnlySpan<PollEntry> entries, ref int next)
    {
        var (client, server) = (entries[next], entries[next + 1]);
        next += 2;
        if (_resetAt > 0)
        {
            if (Environment.TickCount64 >= _resetAt || IsDrained)
                Reset();
            return;
        }
        if (client.Found == 0 && server.Found == 0)
            return;
        if (_connecting)
        {
            if (IsLost(client) || (server.Found != 0 && !IsConnected()))
            {
                Reset();
                return;
            }
            if (server.Found == 0)
                return;
            _connecting = false;
        }
        else if (IsLost(client) || IsLost(server))
        {
            Break();
            return;
        }
        _forth.Move();
        _back.Move();
        if (_forth.SourceFailed || _back.SourceFailed)
            Break();
        else if (_forth.IsDone && _back.IsDone && (_forth.TargetFailed || _back.TargetFailed))
            Break();
        else if (_forth.IsDone && _back.IsDone)
            Close();
    }

    /// <summary>Ends both at once.</summary>
    public void Reset()
    {
        SocketOptions.Reset(_client);
        SocketOptions.Reset(_server);
        End();
    }

    // Asked for only what can be used. Where that is nothing, its break is looked for as long as somebody waits to be told; else it would be reported again and again.
    private PollEntry Entry(int socket, StreamDirection from, StreamDirection to)
    {
        var events = (short)((!_connecting && from.CanRead ? EventCalls.PollIn : 0) | (!_connecting && to.HasMore ? EventCalls.PollOut : 0));
        var isWatched = _resetAt == 0 && (events != 0 || _connecting || (from.HasEnded && !to.IsDone));
        return new PollEntry { Descriptor = isWatched ? socket : -1, Events = events };
    }

    // What is asked for something gets its error when that is done.
    private static bool IsLost(PollEntry entry) => entry.Events == 0 && (entry.Found & Broken) != 0;

    private bool IsDrained => SocketOptions.IsDrained(_client) && SocketOptions.IsDrained(_server);

    private bool IsConnected()
    {
        const int SocketLevel = 1, Error = 4;
        int error = 0;
        uint length = sizeof(int);
        _ = NetworkCalls.getsockopt(_server, SocketLevel, Error, &error, &length);
        return error == 0;
    }

    /// <summary>One of them is broken: the other one is told so, behind what was said before.</summary>
    private void Break()
    {
        if (IsDrained)
            Reset();
        else
            _resetAt = Environment.TickCount64 + DrainMilliseconds;
    }

    private void Close()
    {
        _ = FileCalls.Close(_client);
        _ = FileCalls.Close(_server);
        End();
    }

    private void End()
    {
        IsOver = true;
        _forth.Dispose();
        _back.Dispose();
    }
}
