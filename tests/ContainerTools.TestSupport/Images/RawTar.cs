using System.Globalization;
using System.Text;

namespace ContainerTools.TestSupport;

/// <summary>Builds tar archives field by field, so that they can be as wrong as a test needs them. Independent of the product's writer.</summary>
public sealed class RawTar
{
    private readonly List<byte> _bytes = [];

    /// <summary>Time given to entries that don't say.</summary>
    public long Time { get; init; } = 1_000_000_000;

    public RawTar File(string name, string content = "content", int mode = 0x1A4, long owner = 0) =>
        Add(name, '0', content: Encoding.UTF8.GetBytes(content), mode: mode, owner: owner);

    public RawTar Directory(string name, int mode = 0x1ED, long owner = 0) => Add(name, '5', mode: mode, owner: owner);

    public RawTar Link(string name, string target) => Add(name, '2', target);

    public RawTar HardLink(string name, string target) => Add(name, '1', target);

    public RawTar Device(string name, int major, int minor) => Add(name, '3', device: (major, minor));

    public RawTar Pax(params (string Key, byte[] Value)[] records) => Pax('x', records);

    public RawTar Pax(char type, params (string Key, byte[] Value)[] records)
    {
        var content = new List<byte>();
        foreach (var (key, value) in records)
        {
            int rest = key.Length + value.Length + 3, length = rest + 1;
            while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
                length++;
            content.AddRange([.. Encoding.ASCII.GetBytes($"{length} {key}="), .. value, (byte)'\n']);
        }

        return Add("pax", type, content: [.. content]);
    }

    public RawTar Pax(string key, string value) => Pax((key, Encoding.UTF8.GetBytes(value)));

    public RawTar Add(
        string name,
        char type,
        string link = "",
        byte[]? content = null,
        int mode = 0x1A4,
        long owner = 0,
        long? size = null,
        byte[]? rawSize = null,
        (int Major, int Minor) device = default,
        byte[]? rawName = null,
        string magic = "ustar\000",
        string prefix = "",
        bool spoilChecksum = false)
    {
        content ??= [];
        byte[] header = new byte[512];
        (rawName ?? Encoding.UTF8.GetBytes(name)).CopyTo(header, 0);
        Octal(header, 100, 8, mode);
        Octal(header, 108, 8, owner);
        Octal(header, 116, 8, owner);
        Octal(header, 124, 12, size ?? content.Length);
        rawSize?.CopyTo(header, 124);
        Octal(header, 136, 12, Time);
        header[156] = (byte)type;
        Encoding.UTF8.GetBytes(link).CopyTo(header, 157);
        Encoding.ASCII.GetBytes(magic).CopyTo(header, 257);
        Octal(header, 329, 8, device.Major);
        Octal(header, 337, 8, device.Minor);
        Encoding.UTF8.GetBytes(prefix).CopyTo(header, 345);
        header.AsSpan(148, 8).Fill((byte)' ');
        int sum = header.Sum(b => b) + (spoilChecksum ? 1 : 0);
        Octal(header, 148, 7, sum);
        _bytes.AddRange(header);
        Raw(content);
        return Raw(new byte[-content.Length & 511]);
    }

    public RawTar Raw(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public byte[] ToArray(bool end = true) => end ? [.. _bytes, .. new byte[1024]] : [.. _bytes];

    public MemoryStream ToStream(bool end = true) => new(ToArray(end));

    private static void Octal(byte[] header, int offset, int length, long value)
    {
        string text = Convert.ToString(value, 8).PadLeft(length - 1, '0');
        Encoding.ASCII.GetBytes(text[^(length - 1)..]).CopyTo(header, offset);
    }
}
