namespace ContainerTools.Engine.Systemd;

/// <summary>A message that came, as far as it is of interest.</summary>
internal sealed class DBusMessage
{
    /// <summary>Bytes of the fixed part of a header, whose last number is the length of the fields behind it.</summary>
    public const int FixedHeader = 16;

    private const byte Member = 3, ErrorName = 4, ReplySerial = 5;

    private readonly byte[] _body;
    private readonly bool _littleEndian;

    private DBusMessage(DBusMessageType type, byte[] body, bool littleEndian)
    {
        Type = type;
        _body = body;
        _littleEndian = littleEndian;
    }

    public DBusMessageType Type { get; }

    /// <summary>The number of the call that it answers; 0 if it answers none.</summary>
    public uint Reply { get; private set; }

    /// <summary>A signal's name, or an error's.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Reads the arguments.</summary>
    public DBusReader Body => new(_body, _littleEndian);

    /// <summary>The size of a whole message by its first 16 bytes.</summary>
    public static int SizeOf(ReadOnlySpan<byte> fixedHeader)
    {
        var reader = new DBusReader(fixedHeader, fixedHeader[0] == (byte)'l') { Position = 4 };
        int body = checked((int)reader.UInt32());
        reader.Position = 12;
        return FixedHeader + Padded(checked((int)reader.UInt32())) + body;
    }

    public static DBusMessage Parse(ReadOnlySpan<byte> message)
    {
        bool littleEndian = message[0] == (byte)'l';
        var reader = new DBusReader(message, littleEndian) { Position = 12 };
        int end = FixedHeader + checked((int)reader.UInt32());
        var result = new DBusMessage((DBusMessageType)message[1], message[Padded(end)..].ToArray(), littleEndian);
        while (reader.Position < end)
        {
            reader.Align(8);
            byte field = reader.Byte();
            switch (reader.Signature())
            {
                case "s" or "o":
                    string text = reader.String();
                    if (field is Member or ErrorName)
                        result.Name = text;
                    break;
                case "g":
                    _ = reader.Signature();
                    break;
                default: // All others are numbers of 32 bits.
                    uint number = reader.UInt32();
                    if (field == ReplySerial)
                        result.Reply = number;
                    break;
            }
        }
        return result;
    }

    private static int Padded(int size) => (size + 7) & ~7;
}
