using System.Buffers.Binary;

namespace ContainerTools.Engine.Layers;

/// <summary>The tar formats' numbers: POSIX.1-2001 pax(1) "ustar Interchange Format", and GNU tar's manual, "Basic Tar Format".</summary>
internal static class TarFormat
{
    public const int BlockSize = 512;

    /// <summary>Longest pax header or GNU long name that is read into memory.</summary>
    public const int MaximumMetadata = 1 << 20;

    /// <summary>
    /// Longest file that is believed: 1 PiB. A larger number is a broken or hostile header; no file system a layer could be unpacked on has room for it.
    /// </summary>
    public const long MaximumSize = 1L << 50;

    public const int NameOffset = 0, NameLength = 100;
    public const int ModeOffset = 100, UserIdOffset = 108, GroupIdOffset = 116, SizeOffset = 124, TimeOffset = 136, ChecksumOffset = 148;
    public const int ShortNumber = 8, LongNumber = 12;
    public const int TypeOffset = 156, LinkOffset = 157, MagicOffset = 257, VersionOffset = 263, UserNameOffset = 265, GroupNameOffset = 297;
    public const int MajorOffset = 329, MinorOffset = 337, PrefixOffset = 345, PrefixLength = 155, StarPrefixLength = 131, StarTrailerOffset = 508;
    public const int GnuSparseOffset = 386, GnuSparseCount = 4, GnuExtendedOffset = 482, GnuRealSizeOffset = 483;
    public const int GnuContinuationCount = 21, GnuContinuationExtended = 504;

    /// <summary>How many bytes follow content of this size to fill its last block.</summary>
    public static int Padding(long size) => (int)(-size & (BlockSize - 1));

    /// <summary>A field that ends at its first NUL or at its end.</summary>
    public static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    /// <summary>Reads a number: octal digits among spaces and NULs, or base 256 with the top bit set (GNU, star). Empty is 0.</summary>
    /// <returns>False if it is neither, or does not fit.</returns>
    public static bool TryParseNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if ((field[0] & 0x80) != 0)
        {
            return TryParseBinary(field, out value);
        }

        field = field.Trim((byte)' ');
        field = Text(field).Trim((byte)' ');
        foreach (byte digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7' || value > long.MaxValue >> 3)
            {
                return false;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return true;
    }

    /// <summary>
    /// Whether a header's checksum is right: the sum of its bytes with the checksum itself taken as spaces; some old writers summed signed bytes.
    /// </summary>
    public static bool IsChecksumRight(ReadOnlySpan<byte> header)
    {
        if (!TryParseNumber(header.Slice(ChecksumOffset, ShortNumber), out long expected))
        {
            return false;
        }

        var (unsigned, signed) = Sums(header);
        return expected == unsigned || expected == signed;
    }

    /// <summary>The header's checksum over unsigned and over signed bytes.</summary>
    public static (int Unsigned, int Signed) Sums(ReadOnlySpan<byte> header)
    {
        int unsigned = 0, high = 0;
        for (int i = 0; i < BlockSize; i++)
        {
            unsigned += header[i];
            high += header[i] >> 7;
        }

        for (int i = ChecksumOffset; i < ChecksumOffset + ShortNumber; i++)
        {
            unsigned += ' ' - header[i];
            high -= header[i] >> 7;
        }

        return (unsigned, unsigned - (high << 8));
    }

    private static bool TryParseBinary(ReadOnlySpan<byte> field, out long value)
    {
        // Two's complement over the whole field, big-endian; the very first bit only marks the form, the second is the sign.
        bool negative = (field[0] & 0x40) != 0;
        byte fill = negative ? (byte)0xff : (byte)0;
        Span<byte> whole = stackalloc byte[8];
        value = 0;
        byte first = negative ? field[0] : (byte)(field[0] & 0x7f);
        int extra = field.Length - 8;
        for (int i = 0; i < extra; i++)
        {
            if ((i == 0 ? first : field[i]) != fill)
            {
                return false;
            }
        }

        field[extra..].CopyTo(whole);
        if (extra == 0)
        {
            whole[0] = first;
        }

        value = BinaryPrimitives.ReadInt64BigEndian(whole);
        return value < 0 == negative;
    }
}
