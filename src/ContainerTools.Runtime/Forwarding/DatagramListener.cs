using ContainerTools.Linux.Events;
using ContainerTools.Linux.Network;

namespace ContainerTools.Runtime.Forwarding;

/// <summary>Takes datagrams at a published port: each sender gets a socket of its own towards the container, by which answers find back.</summary>
internal sealed unsafe class DatagramListener : IForwarding
{
    private const int MaximumSenders = 1024, SocketLevel = 1, ReceiveBuffer = 8, BufferSize = 1 << 22;

    private readonly int _descriptor;
    private readonly SocketAddress _target;
    private readonly List<IForwarding> _all;
    private readonly Dictionary<string, DatagramSender> _senders = new(StringComparer.Ordinal);
    private readonly byte[] _buffer = new byte[1 << 16];

    public DatagramListener(int descriptor, SocketAddress target, List<IForwarding> all)
    {
        (_descriptor, _target, _all) = (descriptor, target, all);
        var size = BufferSize;
        _ = NetworkCalls.setsockopt(descriptor, SocketLevel, ReceiveBuffer, &size, sizeof(int));
    }

    public bool IsOver => false;

    public bool Expires => false;

    public void Watch(List<PollEntry> entries) => entries.Add(new PollEntry { Descriptor = _descriptor, Events = EventCalls.PollIn });

    public void Work(ReadOnlySpan<PollEntry> entries, ref int next)
    {
        if (entries[next++].Found == 0)
            return;
        var address = stackalloc byte[SocketAddress.MaximumSize];
        for (var round = 0; round < 64; round++)
        {
            uint length = SocketAddress.MaximumSize;
            nint count;
            fixed (byte* buffer = _buffer)
                count = NetworkCalls.recvfrom(_descriptor, buffer, _buffer.Length, 0, address, &length);
            if (count < 0)
                return;
            SenderOf(new ReadOnlySpan<byte>(address, (int)length))?.Send(_buffer.AsSpan(0, (int)count));
        }
    }

    /// <summary>Forgets a sender.</summary>
    public void Remove(string key) => _senders.Remove(key);

    private DatagramSender? SenderOf(ReadOnlySpan<byte> address)
    {
        var key = Convert.ToHexString(address);
        if (_senders.TryGetValue(key, out var known))
            return known;
        // More would be a flood: what has no place is lost, as datagrams may be.
        if (_senders.Count >= MaximumSenders || DatagramSender.Open(this, key, _descriptor, address.ToArray(), _target) is not { } sender)
            return null;
        _senders[key] = sender;
        _all.Add(sender);
        return sender;
    }
}
