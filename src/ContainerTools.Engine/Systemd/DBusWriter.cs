using System.Buffers.Binary;
using System.Text;

namespace ContainerTools.Engine.Systemd;

/// <summary>Writes values as D-Bus has them on the wire: little-endian, each at a multiple of its size (D-Bus specification, "Marshaling").</summary>
internal sealed class DBusWriter
{
    private byte[] _buffer = new byte[512];

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    /// <summary>Its size in bytes.</summary>
    public int Length { get; private set; }

    public void Align(int size)
    {
        int missing = -Length & (size - 1);
        Reserve(missing).Clear();
    }

    public void Byte(byte value) => Reserve(1)[0] = value;

    public void Boolean(bool value) => UInt32(value ? 1u : 0);

    public void Int32(int value) => UInt32((uint)value);

    public void UInt32(uint value)
    {
        Align(4);
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);
    }

    public void UInt64(ulong value)
    {
        Align(8);
        BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);
    }

    /// <summary>A string or an object path.</summary>
    public void String(string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        UInt32((uint)bytes.Length);
        bytes.CopyTo(Reserve(bytes.Length));
        Byte(0);
    }

    public void Signature(string value)
    {
        Byte((byte)value.Length);
        Encoding.ASCII.GetBytes(value, Reserve(value.Length));
        Byte(0);
    }

    /// <summary>An array.</summary>
    /// <param name="alignment">That of its elements: 8 for structures.</param>
    /// <param name="elements">Writes them.</param>
    public void Array(int alignment, Action elements)
    {
        UInt32(0);
        int length = Length - 4;
        Align(alignment);
        int start = Length;
        elements();
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(length), (uint)(Length - start));
    }

    /// <summary>Puts a value where 0 was written before.</summary>
    public void Patch(int position, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(position), value);

    private Span<byte> Reserve(int count)
    {
        if (Length + count > _buffer.Length)
            System.Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + count));
        Length += count;
        return _buffer.AsSpan(Length - count, count);
    }
}
