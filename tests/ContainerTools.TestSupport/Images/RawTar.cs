using System.Globalization;
using System.Text;

namespace ContainerTools.TestSupport;

/// <summary>Tar archives byte by byte (ustar), for contents that tar programs refuse to write. Names are at most 100 bytes.</summary>
public static class RawTar
{
    private const int BlockLength = 512;

    public static byte[] File(string name, string text) => Entry(name, '0', Encoding.UTF8.GetBytes(text));

    /// <param name="type">'1' for a hard link, '2' for a symbolic one.</param>
    public static byte[] Link(string name, string target, char type) => Entry(name, type, [], target);

    /// <summary>One header with its data; no end of archive.</summary>
    /// <param name="sizeField">The twelve bytes of the size field, where they are not to say the data's size.</param>
    public static byte[] Entry(string name, char type, byte[] data, string link = "", byte[]? sizeField = null, int major = 0, int minor = 0)
    {
        var header = new byte[BlockLength];
        Encoding.UTF8.GetBytes(name, header);
        Octal(header, 100, 8, 0b110_100_100);
        Octal(header, 108, 8, 0);
        Octal(header, 116, 8, 0);
        Octal(header, 124, 12, data.Length);
        sizeField?.CopyTo(header, 124);
        Octal(header, 136, 12, 1_700_000_000);
        header[156] = (byte)type;
        Encoding.UTF8.GetBytes(link, header.AsSpan(157));
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        Octal(header, 329, 8, major);
        Octal(header, 337, 8, minor);
        header.AsSpan(148, 8).Fill((byte)' ');
        Octal(header, 148, 7, header.Sum(value => value));
        return [.. header, .. data, .. new byte[(BlockLength - data.Length % BlockLength) % BlockLength]];
    }

    public static byte[] Join(params byte[][] entries) => [.. entries.SelectMany(entry => entry), .. new byte[2 * BlockLength]];

    private static void Octal(byte[] header, int offset, int length, long value) =>
        Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(length - 1, '0').ToString(CultureInfo.InvariantCulture) + "\0", header.AsSpan(offset));
}
