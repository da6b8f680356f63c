using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace ContainerTools.Linux.Network;

/// <summary>Builds netlink messages one behind the other (netlink(7)): headers, fixed parts, attributes and nested attributes, all in the host's byte order.</summary>
internal sealed class NetlinkWriter
{
    private const int HeaderLength = 16;

    private readonly List<bool> _answered = [];
    private byte[] _buffer = new byte[2048];
    private int _length;
    private int _messageStart = -1;

    /// <summary>How many messages were begun.</summary>
    public int Count => _answered.Count;

    /// <summary>How many of them the kernel answers in any case: those that ask for an acknowledgement or a dump.</summary>
    public int Answers => _answered.FindAll(a => a).Count;

    /// <summary>All messages, the last one ended.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        EndMessage();
        return _buffer.AsSpan(0, _length);
    }

    /// <summary>Begins a message, whose sequence number is its place among the messages, counted from 1.</summary>
    /// <param name="type">Its type, such as RTM_NEWLINK.</param>
    /// <param name="flags">NLM_F_* flags.</param>
    public void BeginMessage(ushort type, ushort flags)
    {
        EndMessage();
        _messageStart = _length;
        _answered.Add((flags & NetlinkSocket.Acknowledge) != 0 || (flags & NetlinkSocket.Dump) == NetlinkSocket.Dump);
        var header = Reserve(HeaderLength);
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], flags);
        MemoryMarshal.Write(header[8..], Count);
    }

    /// <summary>Whether the message of a sequence number is among <see cref="Answers"/>.</summary>
    public bool IsAnswered(int sequence) => sequence > 0 && sequence <= _answered.Count && _answered[sequence - 1];

    /// <summary>Adds the fixed part of a message.</summary>
    public void Add<T>(T value)
        where T : unmanaged
    {
        var size = Unsafe.SizeOf<T>();
        MemoryMarshal.Write(Reserve(Align(size)), value);
    }

    /// <summary>Adds an attribute of bytes.</summary>
    public void Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        var span = Reserve(Align(4 + value.Length));
        MemoryMarshal.Write(span, (ushort)(4 + value.Length));
        MemoryMarshal.Write(span[2..], type);
        value.CopyTo(span[4..]);
    }

    /// <summary>Adds an attribute that is a NUL-terminated text.</summary>
    public void Attribute(ushort type, string value) => Attribute(type, Encoding.UTF8.GetBytes(value + '\0'));

    /// <summary>Adds an attribute that is a number of 32 bits.</summary>
    public void Attribute(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        MemoryMarshal.Write(bytes, value);
        Attribute(type, bytes);
    }

    /// <summary>Begins an attribute that holds attributes.</summary>
    /// <returns>What <see cref="EndNested"/> takes.</returns>
    public int BeginNested(ushort type)
    {
        var start = _length;
        var span = Reserve(4);
        MemoryMarshal.Write(span[2..], type);
        return start;
    }

    /// <summary>Ends a nested attribute.</summary>
    public void EndNested(int start) => MemoryMarshal.Write(_buffer.AsSpan(start), (ushort)(_length - start));

    private static int Align(int length) => (length + 3) & ~3;

    private void EndMessage()
    {
        if (_messageStart >= 0)
            MemoryMarshal.Write(_buffer.AsSpan(_messageStart), _length - _messageStart);
        _messageStart = -1;
    }

    private Span<byte> Reserve(int length)
    {
        if (_length + length > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + length));
        var span = _buffer.AsSpan(_length, length);
        span.Clear();
        _length += length;
        return span;
    }
}
