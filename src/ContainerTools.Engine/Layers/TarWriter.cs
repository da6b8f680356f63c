using System.Globalization;
using System.Text;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// Writes a tar archive: ustar headers, with a pax header before those entries that need one (long names, large numbers, fractions of seconds, extended
/// attributes). The same entries give the same bytes.
/// </summary>
public sealed class TarWriter : IDisposable
{
    private const long MaximumOctal11 = (1L << 33) - 1;
    private const uint MaximumOctal7 = (1u << 21) - 1;
    private static readonly byte[] s_zeros = new byte[64 * 1024];

    private readonly Stream _stream;
    private readonly byte[] _header = new byte[TarFormat.BlockSize];
    private long _remaining;
    private int _padding;
    private bool _finished;

    /// <summary>Writes to a stream, which stays open.</summary>
    public TarWriter(Stream stream) => _stream = stream;

    /// <summary>
    /// Writes an entry's header. A regular file's <see cref="TarEntry.Size"/> bytes must follow by <see cref="Write"/> before the next entry.
    /// </summary>
    /// <exception cref="InvalidOperationException">The last file's content is incomplete.</exception>
    public void WriteEntry(TarEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        EndContent();
        var name = entry.Name.Span;
        byte[]? slashed = null;
        if (entry.Kind == TarEntryKind.Directory && (name.IsEmpty || name[^1] != '/'))
        {
            slashed = [.. name, (byte)'/'];
            name = slashed;
        }

        long size = entry.Kind == TarEntryKind.File ? entry.Size : 0;
        var pax = new List<byte>();
        bool split = TrySplit(name, out int slash);
        AddIf(pax, !split, "path"u8, name);
        bool hasLink = entry.Kind is TarEntryKind.HardLink or TarEntryKind.SymbolicLink;
        AddIf(pax, hasLink && entry.LinkName.Length > TarFormat.NameLength, "linkpath"u8, entry.LinkName.Span);
        AddIf(pax, size > MaximumOctal11, "size"u8, Decimal(size));
        AddIf(pax, entry.UserId > MaximumOctal7, "uid"u8, Decimal(entry.UserId));
        AddIf(pax, entry.GroupId > MaximumOctal7, "gid"u8, Decimal(entry.GroupId));
        AddIf(pax, entry.ModifyTime is { Nanoseconds: not 0 } or { Seconds: < 0 or > MaximumOctal11 }, "mtime"u8, Time(entry.ModifyTime));
        if (entry.AccessTime is { } access)
        {
            AddIf(pax, true, "atime"u8, Time(access));
        }

        foreach (var attribute in entry.ExtendedAttributes ?? [])
        {
            AddIf(pax, true, [.. "SCHILY.xattr."u8, .. attribute.Name], attribute.Value);
        }

        if (pax.Count > 0)
        {
            Begin((byte)'x', 0x1A4 /* 0644 */, 0, 0, pax.Count, 0);
            "PaxHeader"u8.CopyTo(_header);
            End();
            _stream.Write([.. pax]);
            _stream.Write(s_zeros, 0, TarFormat.Padding(pax.Count));
        }

        byte type = entry.Kind switch
        {
            TarEntryKind.File => (byte)'0',
            TarEntryKind.HardLink => (byte)'1',
            TarEntryKind.SymbolicLink => (byte)'2',
            TarEntryKind.CharacterDevice => (byte)'3',
            TarEntryKind.BlockDevice => (byte)'4',
            TarEntryKind.Directory => (byte)'5',
            TarEntryKind.Fifo => (byte)'6',
            _ => entry.TypeFlag,
        };
        Begin(
            type,
            entry.Mode,
            Math.Min(entry.UserId, MaximumOctal7),
            Math.Min(entry.GroupId, MaximumOctal7),
            Math.Min(size, MaximumOctal11),
            Math.Clamp(entry.ModifyTime.Seconds, 0, MaximumOctal11));
        if (split && slash > 0)
        {
            name[..slash].CopyTo(_header.AsSpan(TarFormat.PrefixOffset));
            name[(slash + 1)..].CopyTo(_header);
        }
        else
        {
            name[..Math.Min(name.Length, TarFormat.NameLength)].CopyTo(_header);
        }

        if (hasLink)
        {
            entry.LinkName.Span[..Math.Min(entry.LinkName.Length, TarFormat.NameLength)].CopyTo(_header.AsSpan(TarFormat.LinkOffset));
        }

        if (entry.Kind is TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice)
        {
            Octal(TarFormat.MajorOffset, TarFormat.ShortNumber, entry.DeviceMajor);
            Octal(TarFormat.MinorOffset, TarFormat.ShortNumber, entry.DeviceMinor);
        }

        End();
        _remaining = size;
        _padding = TarFormat.Padding(size);
    }

    /// <summary>Writes the next bytes of the current file.</summary>
    /// <exception cref="InvalidOperationException">That is more than the header said.</exception>
    public void Write(ReadOnlySpan<byte> data)
    {
        if (data.Length > _remaining)
        {
            throw new InvalidOperationException("More content than the tar entry's size.");
        }

        _stream.Write(data);
        _remaining -= data.Length;
    }

    /// <summary>Writes zeros as the next bytes of the current file, for a hole.</summary>
    /// <exception cref="InvalidOperationException">That is more than the header said.</exception>
    public void WriteZeros(long count)
    {
        for (; count > 0; count -= Math.Min(count, s_zeros.Length))
        {
            Write(s_zeros.AsSpan(0, (int)Math.Min(count, s_zeros.Length)));
        }
    }

    /// <summary>Writes the archive's end: two blocks of zeros.</summary>
    /// <exception cref="InvalidOperationException">The last file's content is incomplete.</exception>
    public void Finish()
    {
        if (!_finished)
        {
            EndContent();
            _stream.Write(s_zeros, 0, 2 * TarFormat.BlockSize);
            _finished = true;
        }
    }

    /// <summary>Ends the archive, unless a file's content is incomplete: then it stays cut short, which a reader notices.</summary>
    public void Dispose()
    {
        if (_remaining == 0)
        {
            Finish();
        }
    }

    private static bool TrySplit(ReadOnlySpan<byte> name, out int slash)
    {
        slash = 0;
        if (name.Length <= TarFormat.NameLength)
        {
            return true;
        }

        // The prefix and the name are joined by a slash that stands in neither; the name may not be empty.
        int latest = Math.Min(name.Length - 2, TarFormat.PrefixLength);
        slash = latest > 0 ? name[..(latest + 1)].LastIndexOf((byte)'/') : -1;
        return slash > 0 && name.Length - slash - 1 <= TarFormat.NameLength;
    }

    private static void AddIf(List<byte> pax, bool condition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (!condition)
        {
            return;
        }

        // The length counts its own digits.
        int rest = key.Length + value.Length + 3;
        int length = rest + Digits(rest);
        length = rest + Digits(length);
        pax.AddRange(Decimal(length));
        pax.Add((byte)' ');
        pax.AddRange(key);
        pax.Add((byte)'=');
        pax.AddRange(value);
        pax.Add((byte)'\n');
    }

    private static int Digits(int value) => value.ToString(CultureInfo.InvariantCulture).Length;

    private static byte[] Decimal(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    private static byte[] Time(Linux.Files.FileTime time)
    {
        var (seconds, nanoseconds) = time;
        if (nanoseconds == 0)
        {
            return Decimal(seconds);
        }

        bool negative = seconds < 0;
        if (negative)
        {
            seconds = -(seconds + 1);
            nanoseconds = 1_000_000_000 - nanoseconds;
        }

        string text = string.Create(CultureInfo.InvariantCulture, $"{(negative ? "-" : "")}{seconds}.{nanoseconds:d9}");
        return Encoding.ASCII.GetBytes(text.TrimEnd('0'));
    }

    private void Begin(byte type, uint mode, uint user, uint group, long size, long time)
    {
        _header.AsSpan().Clear();
        Octal(TarFormat.ModeOffset, TarFormat.ShortNumber, mode & 0xFFF);
        Octal(TarFormat.UserIdOffset, TarFormat.ShortNumber, user);
        Octal(TarFormat.GroupIdOffset, TarFormat.ShortNumber, group);
        Octal(TarFormat.SizeOffset, TarFormat.LongNumber, size);
        Octal(TarFormat.TimeOffset, TarFormat.LongNumber, time);
        _header[TarFormat.TypeOffset] = type;
        "ustar\000"u8.CopyTo(_header.AsSpan(TarFormat.MagicOffset));
    }

    private void End()
    {
        Octal(TarFormat.ChecksumOffset, TarFormat.ShortNumber - 1, TarFormat.Sums(_header).Unsigned);
        _header[TarFormat.ChecksumOffset + TarFormat.ShortNumber - 1] = (byte)' ';
        _stream.Write(_header);
    }

    private void Octal(int offset, int length, long value)
    {
        for (int i = offset + length - 2; i >= offset; i--)
        {
            _header[i] = (byte)('0' + (value & 7));
            value >>= 3;
        }

        _header[offset + length - 1] = 0;
    }

    private void EndContent()
    {
        if (_remaining > 0)
        {
            throw new InvalidOperationException($"{_remaining} bytes of the tar entry's content are missing.");
        }

        _stream.Write(s_zeros, 0, _padding);
        _padding = 0;
    }
}
