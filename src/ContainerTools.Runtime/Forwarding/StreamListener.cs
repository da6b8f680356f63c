using System.Runtime.InteropServices;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Network;

namespace ContainerTools.Runtime.Forwarding;

/// <summary>Accepts connections at a published port, and connects each with the container.</summary>
internal sealed unsafe class StreamListener : IForwarding
{
    private const int Stream = 1, NonBlocking = 0x800, CloseOnExec = 0x80000, SocketLevel = 1, ReuseAddress = 2, ReceiveBuffer = 8, Backlog = 4096, BufferSize = 1 << 22;

    private readonly int _descriptor;
    private readonly SocketAddress _target;
    private readonly List<IForwarding> _all;
    private long _waitUntil;

    public StreamListener(int descriptor, SocketAddress target, List<IForwarding> all)
    {
        (_descriptor, _target, _all) = (descriptor, target, all);
        // Who held the port gave it the least of buffers; connections have their listener's.
        var size = BufferSize;
        _ = NetworkCalls.setsockopt(descriptor, SocketLevel, ReceiveBuffer, &size, sizeof(int));
        // Connections that have ended must not keep the next run from the port; they have that from the listener too.
        var reuse = 1;
        _ = NetworkCalls.setsockopt(descriptor, SocketLevel, ReuseAddress, &reuse, sizeof(int));
        _ = NetworkCalls.listen(descriptor, Backlog);
    }

    public bool IsOver => false;

    public bool Expires => _waitUntil > 0;

    public void Watch(List<PollEntry> entries)
    {
        if (_waitUntil > 0 && Environment.TickCount64 >= _waitUntil)
            _waitUntil = 0;
        entries.Add(new PollEntry { Descriptor = _waitUntil > 0 ? -1 : _descriptor, Events = EventCalls.PollIn });
    }

    public void Work(ReadOnlySpan<PollEntry> entries, ref int next)
    {
        if (entries[next++].Found == 0)
            return;
        var client = NetworkCalls.accept4(_descriptor, null, null, NonBlocking | CloseOnExec);
        if (client < 0)
        {
            // No descriptors left: those that are open must end first.
            if (Marshal.GetLastPInvokeError() is Errno.EMFILE or Errno.ENFILE)
                _waitUntil = Environment.TickCount64 + 100;
            return;
        }
        var server = NetworkCalls.socket(_target.Family, Stream | NonBlocking | CloseOnExec, 0);
        if (server < 0)
        {
            _ = FileCalls.Close(client);
            return;
        }
        var address = stackalloc byte[SocketAddress.MaximumSize];
        var length = _target.Write(new Span<byte>(address, SocketAddress.MaximumSize));
        const int InProgress = 115;
        if (NetworkCalls.connect(server, address, length) < 0 && Marshal.GetLastPInvokeError() != InProgress)
        {
            _ = FileCalls.Close(client);
            _ = FileCalls.Close(server);
            return;
        }
        _all.Add(new StreamPair(client, server));
    }
}
