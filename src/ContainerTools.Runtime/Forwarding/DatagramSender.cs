using System.Runtime.InteropServices;
using ContainerTools.Linux;
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
    private readonly byte[] _address;
    private readonly byte[] _control;
    private readonly int _socket;

    private DatagramSender(DatagramListener listener, string key, byte[] address, byte[] control, int socket) =>
        (_listener, Key, _address, _control, _socket) = (listener, key, address, control, socket);

    /// <summary>Who it is.</summary>
    public string Key { get; }

    /// <summary>When something last came from here or there.</summary>
    public long LastUse { get; private set; } = Environment.TickCount64;

    public bool IsOver { get; private set; }

    public bool Expires => true;

    public static DatagramSender? Open(DatagramListener listener, string key, byte[] address, byte[] control, SocketAddress target)
    {
        var socket = NetworkCalls.socket(target.Family, Datagram | NonBlocking | CloseOnExec, 0);
        if (socket < 0)
            return null;
        SocketOptions.SetBuffers(socket);
        var name = stackalloc byte[SocketAddress.MaximumSize];
        var length = target.Write(new Span<byte>(name, SocketAddress.MaximumSize));
        if (NetworkCalls.connect(socket, name, length) >= 0)
            return new DatagramSender(listener, key, address, control, socket);
        _ = FileCalls.Close(socket);
        return null;
    }

    public void Send(ReadOnlySpan<byte> data)
    {
        LastUse = Environment.TickCount64;
        const int NoSignal = 0x4000;
        fixed (byte* bytes = data)
        {
            // That an earlier one was refused (ICMP) is said instead of sending this one.
            for (var attempt = 0; attempt < 2 && NetworkCalls.send(_socket, bytes, data.Length, NoSignal) < 0 && Marshal.GetLastPInvokeError() is Errno.ECONNREFUSED or Errno.EINTR;)
                attempt++;
        }
    }

    public void Watch(List<PollEntry> entries) => entries.Add(new PollEntry { Descriptor = _socket, Events = EventCalls.PollIn });

    public void Work(ReadOnlySpan<PollEntry> entries, ref int next)
    {
        var found = entries[next++].Found;
        if (IsOver)
            return;
        if (found != 0)
            Answer();
        if (Environment.TickCount64 - LastUse >= IdleMilliseconds)
            _listener.Remove(this);
    }

    /// <summary>Ends it.</summary>
    public void Close()
    {
        if (!IsOver)
            _ = FileCalls.Close(_socket);
        IsOver = true;
    }

    private void Answer()
    {
        for (var round = 0; round < 64; round++)
        {
            nint count;
            fixed (byte* buffer = _listener.Buffer)
                count = NetworkCalls.recv(_socket, buffer, _listener.Buffer.Length, 0);
            // A refusal (ICMP) is an error here, and no answer.
            if (count < 0)
                return;
            LastUse = Environment.TickCount64;
            _listener.Answer(_listener.Buffer.AsSpan(0, (int)count), _address, _control);
        }
    }
}
