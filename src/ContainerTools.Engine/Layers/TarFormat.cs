using System.Buffers.Binary;
using System.Text;

namespace ContainerTools.Engine.Layers;

/// <summary>The layout of a tar header (POSIX.1-2001 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format").</summary>
internal static class TarFormat
{
    public const int BlockSize = 512;
    public const int NameOffset = 0, NameLength = 100;
    public const int ModeOffset = 100, UserOffset = 108, GroupOffset = 116, IdLength = 8;
    public const int SizeOffset = 124, TimeOffset = 136, LongLength = 12;
    public const int ChecksumOffset = 148, ChecksumLength = 8;
    public const int TypeOffset = 156, LinkOffset = 157, LinkLength = 100;
    public const int MagicOffset = 257;
    public const int MajorOffset = 329, MinorOffset = 337;
    public const int PrefixOffset = 345, PrefixLength = 155;
    public const int GnuSparseOffset = 386, GnuSparseEntry = 24, GnuSparseCount = 4, GnuExtendedFlag = 482, GnuRealSizeOffset = 483;
    public const int GnuExtensionCount = 21, GnuExtensionFlag = 504;

    /// <summary>Above any real file, and far enough below 2^63 that no sum of them overflows.</summary>
    public const long MaximumSize = 1L << 53;

    public static long Padding(long size) => -size & (BlockSize - 1);

    /// <summary>A number in octal digits, or in base 256 when the first bit is set (GNU). Empty is zero; null is not a number.</summary>
    public static long? ReadNumber(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            var negative = (field[0] & 0x40) != 0;
            long value = negative ? -1 : 0;
            for (var i = 0; i < field.Length; i++)
            {
                var part = i == 0 ? (byte)(negative ? field[0] | 0x80 : field[0] & 0x7f) : field[i];
                if (value is > (long.MaxValue >> 8) or < (long.MinValue >> 8))
                    return null;
                value = (value << 8) | part;
            }
            return value;
        }
        field = field.Trim((byte)' ').Trim((byte)0).Trim((byte)' ');
        var end = field.IndexOfAny((byte)0, (byte)' ');
        if (end >= 0)
            field = field[..end];
        long number = 0;
        foreach (var digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7' || number > long.MaxValue >> 3)
                return null;
            number = (number << 3) | (uint)(digit - '0');
        }
        return number;
    }

    /// <summary>Writes octal digits and a NUL, or base 256 where they do not fit.</summary>
    public static void WriteNumber(Span<byte> field, long value)
    {
        var digits = field.Length - 1;
        if (value >= 0 && (digits * 3 >= 63 || value < 1L << (digits * 3)))
        {
            for (var i = digits - 1; i >= 0; i--, value >>= 3)
                field[i] = (byte)('0' + (value & 7));
            field[digits] = 0;
            return;
        }
        field.Fill(value < 0 ? (byte)0xff : (byte)0);
        BinaryPrimitives.WriteInt64BigEndian(field[^8..], value);
        field[0] |= 0x80;
    }

    public static string ReadText(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>The sum of a header's bytes, its checksum field counted as spaces; unsigned, and signed as some old programs wrote it.</summary>
    public static (long Unsigned, long Signed) Checksum(ReadOnlySpan<byte> header)
    {
        long unsigned = 0, signed = 0;
        for (var i = 0; i < BlockSize; i++)
        {
            var value = i is >= ChecksumOffset and < ChecksumOffset + ChecksumLength ? (byte)' ' : header[i];
            unsigned += value;
            signed += (sbyte)value;
        }
        return (unsigned, signed);
    }
}
