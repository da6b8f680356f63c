using System.Runtime.InteropServices;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Network;

namespace ContainerTools.Runtime.Forwarding;

/// <summary>Accepts connections at a published port, and connects each with the container.</summary>
internal sealed unsafe class StreamListener : IPortListener
{
    private const int Stream = 1, NonBlocking = 0x800, CloseOnExec = 0x80000, Backlog = 4096;

    // At a time: those that are there already wait too.
    private const int MaximumAccepted = 64;

    private readonly int _descriptor;
    private readonly List<IForwarding> _all;
    private SocketAddress? _target;
    private long _waitUntil;

    public StreamListener(int descriptor, List<IForwarding> all)
    {
        (_descriptor, _all) = (descriptor, all);
        // Who held the port gave it the least of buffers.
        SocketOptions.SetReceiveBuffer(descriptor);
        // Connections that have ended must not keep the next run from the port; they have that from the listener.
        SocketOptions.SetReuse(descriptor);
        _ = NetworkCalls.listen(descriptor, Backlog);
    }

    public SocketAddress? Target
    {
        get => _target;
        set
        {
            _target = value;
            // Nobody answers there any more.
            foreach (var pair in _all.OfType<StreamPair>().Where(p => p.Listener == this))
                pair.Reset();
        }
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
        for (var accepted = 0; accepted < MaximumAccepted; accepted++)
        {
            // First what it will need: who was accepted must not be lost for want of it.
            var server = NetworkCalls.socket(_target?.Family ?? 2, Stream | NonBlocking | CloseOnExec, 0);
            var client = server < 0 ? -1 : NetworkCalls.accept4(_descriptor, null, null, NonBlocking | CloseOnExec);
            if (client < 0)
            {
                // No descriptors left: those that are open must end first.
                if (Marshal.GetLastPInvokeError() is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM or NoBuffers)
                    _waitUntil = Environment.TickCount64 + 100;
                if (server >= 0)
                    _ = FileCalls.Close(server);
                return;
            }
            Connect(client, server);
        }
    }

    private const int NoBuffers = 105;

    private void Connect(int client, int server)
    {
        if (_target is not { } target)
        {
            _ = FileCalls.Close(server);
            SocketOptions.Reset(client);
            return;
        }
        var address = stackalloc byte[SocketAddress.MaximumSize];
        var length = target.Write(new Span<byte>(address, SocketAddress.MaximumSize));
        const int InProgress = 115;
        if (NetworkCalls.connect(server, address, length) < 0 && Marshal.GetLastPInvokeError() != InProgress)
        {
            _ = FileCalls.Close(server);
            SocketOptions.Reset(client);
            return;
        }
        _all.Add(new StreamPair(this, client, server));
    }
}
