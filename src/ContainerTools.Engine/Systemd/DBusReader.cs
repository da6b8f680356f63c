using System.Buffers.Binary;
using System.Text;

namespace ContainerTools.Engine.Systemd;

/// <summary>Reads values as D-Bus has them on the wire, in the byte order of their message.</summary>
/// <param name="data">The message or its body; alignment counts from its beginning.</param>
/// <param name="littleEndian">The byte order.</param>
internal ref struct DBusReader(ReadOnlySpan<byte> data, bool littleEndian)
{
    private readonly ReadOnlySpan<byte> _data = data;

    /// <summary>Where it reads next.</summary>
    public int Position { get; set; }

    public byte Byte() => _data[Position++];

    public void Align(int size) => Position += -Position & (size - 1);

    public uint UInt32()
    {
        Align(4);
        var bytes = _data.Slice(Position, 4);
        Position += 4;
        return littleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    /// <summary>A string or an object path.</summary>
    public string String()
    {
        int length = checked((int)UInt32());
        string value = Encoding.UTF8.GetString(_data.Slice(Position, length));
        Position += length + 1;
        return value;
    }

    public string Signature()
    {
        int length = Byte();
        string value = Encoding.ASCII.GetString(_data.Slice(Position, length));
        Position += length + 1;
        return value;
    }
}
