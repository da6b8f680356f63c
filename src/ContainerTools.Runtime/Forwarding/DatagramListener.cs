using ContainerTools.Linux.Events;

namespace ContainerTools.Runtime.Forwarding;

/// <summary>Takes datagrams at a published port: each sender gets a socket of its own towards the container, by which answers find back.</summary>
internal sealed class DatagramListener : IPortListener
{
    private const int MaximumSenders = 1024, MaximumRounds = 64;

    private readonly int _descriptor;
    private readonly List<IForwarding> _all;
    private readonly Dictionary<string, DatagramSender> _senders = new(StringComparer.Ordinal);
    private readonly byte[] _buffer = new byte[1 << 16];
    private SocketAddress? _target;

    public DatagramListener(int descriptor, List<IForwarding> all)
    {
        (_descriptor, _all) = (descriptor, all);
        SocketOptions.SetBuffers(descriptor);
        DatagramSocket.AskForAddresses(descriptor);
    }

    public SocketAddress? Target
    {
        get => _target;
        set
        {
            _target = value;
            foreach (var sender in _senders.Values)
                sender.Close();
            _senders.Clear();
        }
    }

    public bool IsOver => false;

    public bool Expires => false;

    /// <summary>Room for a datagram; nothing stays in it.</summary>
    public byte[] Buffer => _buffer;

    public void Watch(List<PollEntry> entries) => entries.Add(new PollEntry { Descriptor = _descriptor, Events = EventCalls.PollIn });

    public void Work(ReadOnlySpan<PollEntry> entries, ref int next)
    {
        if (entries[next++].Found == 0)
            return;
        Span<byte> addressSpace = stackalloc byte[SocketAddress.MaximumSize], controlSpace = stackalloc byte[DatagramSocket.MaximumControl];
        for (var round = 0; round < MaximumRounds; round++)
        {
            Span<byte> address = addressSpace, control = controlSpace;
            var count = DatagramSocket.Receive(_descriptor, _buffer, ref address, ref control);
            if (count < 0)
                return;
            SenderOf(address, control)?.Send(_buffer.AsSpan(0, count));
        }
    }

    /// <summary>Answers a sender.</summary>
    public void Answer(ReadOnlySpan<byte> data, ReadOnlySpan<byte> address, ReadOnlySpan<byte> control) => DatagramSocket.Send(_descriptor, data, address, control);

    /// <summary>Forgets a sender.</summary>
    public void Remove(DatagramSender sender)
    {
        sender.Close();
        _senders.Remove(sender.Key);
    }

    private DatagramSender? SenderOf(ReadOnlySpan<byte> address, ReadOnlySpan<byte> control)
    {
        var key = Convert.ToHexString(address) + Convert.ToHexString(control);
        if (_senders.TryGetValue(key, out var known))
            return known;
        if (_target is not { } target)
            return null;
        if (_senders.Count >= MaximumSenders)
            ForgetOldest();
        var sender = DatagramSender.Open(this, key, address.ToArray(), control.ToArray(), target);
        if (sender is null && _senders.Count > 0)
        {
            // No descriptors left.
            ForgetOldest();
            sender = DatagramSender.Open(this, key, address.ToArray(), control.ToArray(), target);
        }
        if (sender is null)
            return null;
        _senders[key] = sender;
        _all.Add(sender);
        return sender;
    }

    // A sender of one question, as of names, never comes again from its port: the newest has most use for a place.
    private void ForgetOldest() => Remove(_senders.Values.MinBy(s => s.LastUse)!);
}
