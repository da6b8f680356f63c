using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Network;

/// <summary>Walks over the attributes of a netlink message.</summary>
internal ref struct NetlinkReader(ReadOnlySpan<byte> attributes)
{
    private const int TypeMask = 0x3FFF; // Without NLA_F_NESTED and NLA_F_NET_BYTEORDER.

    private ReadOnlySpan<byte> _rest = attributes;

    /// <summary>Type of the current attribute.</summary>
    public int Type { get; private set; }

    /// <summary>Content of the current attribute.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Goes on to the next attribute; false behind the last one.</summary>
    public bool Read()
    {
        if (_rest.Length < 4)
            return false;
        int length = MemoryMarshal.Read<ushort>(_rest);
        if (length < 4 || length > _rest.Length)
            return false;
        Type = MemoryMarshal.Read<ushort>(_rest[2..]) & TypeMask;
        Value = _rest[4..length];
        _rest = _rest[Math.Min(_rest.Length, (length + 3) & ~3)..];
        return true;
    }

    /// <summary>The current attribute as a number of 32 bits.</summary>
    public readonly int ToInt32() => Value.Length >= 4 ? MemoryMarshal.Read<int>(Value) : 0;

    /// <summary>The current attribute as text, without its NUL.</summary>
    public readonly string ToText()
    {
        var end = Value.IndexOf((byte)0);
        return System.Text.Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
    }
}
