using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Network;

namespace ContainerTools.Runtime.Forwarding;

/// <summary>One sender of datagrams, and the socket that stands for it towards the container. It is forgotten when nothing comes for a while.</summary>
internal sealed unsafe class DatagramSender : IForwarding
{
    private const int Datagram = 2, NonBlocking = 0x800, CloseOnExec = 0x80000;

    // As long as the kernel's connection tracking keeps a flow of datagrams that was answered.
    private const int IdleMilliseconds = 120_000;

    private readonly DatagramListener _listener;
    private readonly string _key;
    private readonly int _outside;
    private readonly byte[] _address;
    private readonly int _socket;
    private readonly byte[] _buffer = new byte[1 << 16];
    private long _lastUse = Environment.TickCount64;

    private DatagramSender(DatagramListener listener, string key, int outside, byte[] address, int socket) =>
        (_listener, _key, _outside, _address, _socket) = (listener, key, outside, address, socket);

    public bool IsOver { get; private set; }

    public bool Expires => true;

    public static DatagramSender? Open(DatagramListener listener, string key, int outside, byte[] address, SocketAddress target)
    {
        var socket = NetworkCalls.socket(target.Family, Datagram | NonBlocking | CloseOnExec, 0);
        if (socket < 0)
            return null;
        var name = stackalloc byte[SocketAddress.MaximumSize];
        var length = target.Write(new Span<byte>(name, SocketAddress.MaximumSize));
        if (NetworkCalls.connect(socket, name, length) >= 0)
            return new DatagramSender(listener, key, outside, address, socket);
        _ = FileCalls.Close(socket);
        return null;
    }

    public void Send(ReadOnlySpan<byte> data)
    {
        _lastUse = Environment.TickCount64;
        _ = FileCalls.Write(_socket, data);
    }

    public void Watch(List<PollEntry> entries) => entries.Add(new PollEntry { Descriptor = _socket, Events = EventCalls.PollIn });

    public void Work(ReadOnlySpan<PollEntry> entries, ref int next)
    {
        if (entries[next++].Found != 0)
            Answer();
        if (Environment.TickCount64 - _lastUse < IdleMilliseconds)
            return;
        IsOver = true;
        _listener.Remove(_key);
        _ = FileCalls.Close(_socket);
    }

    private void Answer()
    {
        for (var round = 0; round < 64; round++)
        {
            // A refusal (ICMP) is an error here, and no answer.
            var count = FileCalls.Read(_socket, _buffer);
            if (count < 0)
                return;
            _lastUse = Environment.TickCount64;
            fixed (byte* buffer = _buffer)
            fixed (byte* address = _address)
                _ = NetworkCalls.sendto(_outside, buffer, count, 0, address, (uint)_address.Length);
        }
    }
}
