using System.Globalization;
using System.Text;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// Writes a tar archive: ustar headers, preceded by a pax header where ustar has no room (long names, large numbers, fractions of seconds, extended
/// attributes). The same entries give the same bytes.
/// </summary>
public sealed class TarWriter : IDisposable
{
    private readonly Stream stream;
    private readonly byte[] header = new byte[TarFormat.BlockSize];
    private long remaining;
    private long padding;
    private bool finished;

    /// <summary>Writes to a stream; the stream stays open.</summary>
    /// <param name="stream">Where to.</param>
    public TarWriter(Stream stream) => this.stream = stream;

    /// <summary>Begins an entry. A file's data follows by <see cref="Write"/>, exactly <see cref="TarEntry.Size"/> bytes.</summary>
    /// <param name="entry">The entry; sparse maps are not written, the file's zeros are.</param>
    public void Begin(TarEntry entry)
    {
        EndEntry();
        var records = Records(entry);
        if (records.Length > 0)
        {
            Fill(new TarEntry { Name = "PaxHeaders/" + "entry", Mode = 0b110_100_100, Size = records.Length }, 'x');
            stream.Write(header);
            stream.Write(records);
            WriteZeros(TarFormat.Padding(records.Length));
        }
        Fill(entry, (char)entry.Type);
        stream.Write(header);
        remaining = entry.Type == TarEntryType.File ? entry.Size : 0;
        padding = TarFormat.Padding(remaining);
    }

    /// <summary>Writes a part of the current entry's data.</summary>
    /// <param name="data">The bytes.</param>
    public void Write(ReadOnlySpan<byte> data)
    {
        if (data.Length > remaining)
            throw new InvalidOperationException("More data than the entry's size.");
        stream.Write(data);
        remaining -= data.Length;
    }

    /// <summary>Writes an entry with its data.</summary>
    /// <param name="entry">The entry; its size is set.</param>
    /// <param name="data">The data.</param>
    public void Add(TarEntry entry, ReadOnlySpan<byte> data = default)
    {
        entry.Size = data.Length;
        Begin(entry);
        Write(data);
    }

    /// <summary>Writes an entry with its data from a stream.</summary>
    /// <param name="entry">The entry with its size.</param>
    /// <param name="data">A stream with exactly that many bytes.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    public void Add(TarEntry entry, Stream data, CancellationToken cancellationToken = default)
    {
        Begin(entry);
        var buffer = new byte[1 << 17];
        int length;
        while ((length = data.Read(buffer)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Write(buffer.AsSpan(0, length));
        }
    }

    /// <summary>Writes the archive's end: two blocks of zeros.</summary>
    public void Finish()
    {
        if (finished)
            return;
        EndEntry();
        WriteZeros(2 * TarFormat.BlockSize);
        stream.Flush();
        finished = true;
    }

    /// <summary>Does not write the end: an archive that was not finished is meant to be seen as cut short.</summary>
    public void Dispose()
    {
    }

    private static byte[] Records(TarEntry entry)
    {
        using var records = new MemoryStream();
        if (SplitName(entry.Name) is null || !Ascii(entry.Name))
            AddRecord(records, "path", entry.Name);
        if (entry.LinkName.Length > TarFormat.LinkLength || !Ascii(entry.LinkName))
            AddRecord(records, "linkpath", entry.LinkName);
        if (entry.UserId >= 1 << 21)
            AddRecord(records, "uid", entry.UserId.ToString(CultureInfo.InvariantCulture));
        if (entry.GroupId >= 1 << 21)
            AddRecord(records, "gid", entry.GroupId.ToString(CultureInfo.InvariantCulture));
        if (entry.Size >= 1L << 33)
            AddRecord(records, "size", entry.Size.ToString(CultureInfo.InvariantCulture));
        if (entry.ModifyTime.Nanoseconds != 0 || entry.ModifyTime.Seconds is < 0 or >= 1L << 33)
            AddRecord(records, "mtime", Time(entry.ModifyTime.Seconds, entry.ModifyTime.Nanoseconds));
        foreach (var (name, value) in entry.ExtendedAttributes)
            AddRecord(records, "SCHILY.xattr." + TarEntry.FromText(name), value);
        return records.ToArray();
    }

    private static string Time(long seconds, int nanoseconds)
    {
        // Before 1970 the fraction counts away from zero.
        var negative = seconds < 0 && nanoseconds > 0;
        var whole = negative ? -(seconds + 1) : seconds;
        var fraction = negative ? 1_000_000_000 - nanoseconds : nanoseconds;
        var text = string.Create(CultureInfo.InvariantCulture, $"{(negative ? "-" : "")}{whole}");
        return fraction == 0 ? text : text + "." + fraction.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
    }

    private static void AddRecord(MemoryStream records, string key, string value) => AddRecord(records, key, Encoding.Latin1.GetBytes(value));

    private static void AddRecord(MemoryStream records, string key, byte[] value)
    {
        // The length counts itself.
        var rest = key.Length + value.Length + 3;
        var length = rest + rest.ToString(CultureInfo.InvariantCulture).Length;
        if (length.ToString(CultureInfo.InvariantCulture).Length > rest.ToString(CultureInfo.InvariantCulture).Length)
            length++;
        records.Write(Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{length} {key}=")));
        records.Write(value);
        records.WriteByte((byte)'\n');
    }

    private static (string Prefix, string Name)? SplitName(string name)
    {
        if (name.Length <= TarFormat.NameLength)
            return ("", name);
        for (var slash = name.LastIndexOf('/', Math.Min(name.Length - 2, TarFormat.PrefixLength)); slash > 0; slash = name.LastIndexOf('/', slash - 1))
        {
            if (name.Length - slash - 1 <= TarFormat.NameLength)
                return (name[..slash], name[(slash + 1)..]);
        }
        return null;
    }

    private static bool Ascii(string text) => text.All(c => c < 0x80);

    private static string Truncate(string text, int length) => text.Length <= length ? text : text[..length];

    private void Fill(TarEntry entry, char type)
    {
        Array.Clear(header);
        var (prefix, name) = SplitName(entry.Name) ?? ("", Truncate(entry.Name, TarFormat.NameLength));
        Text(TarFormat.NameOffset, name);
        Text(TarFormat.PrefixOffset, prefix);
        TarFormat.WriteNumber(header.AsSpan(TarFormat.ModeOffset, TarFormat.IdLength), entry.Mode & 0xfff);
        // What does not fit stands in the pax header.
        TarFormat.WriteNumber(header.AsSpan(TarFormat.UserOffset, TarFormat.IdLength), entry.UserId < 1 << 21 ? entry.UserId : 0);
        TarFormat.WriteNumber(header.AsSpan(TarFormat.GroupOffset, TarFormat.IdLength), entry.GroupId < 1 << 21 ? entry.GroupId : 0);
        var size = type is (char)TarEntryType.File or 'x' ? entry.Size : 0;
        TarFormat.WriteNumber(header.AsSpan(TarFormat.SizeOffset, TarFormat.LongLength), size < 1L << 33 ? size : 0);
        TarFormat.WriteNumber(header.AsSpan(TarFormat.TimeOffset, TarFormat.LongLength), Math.Clamp(entry.ModifyTime.Seconds, 0, (1L << 33) - 1));
        header[TarFormat.TypeOffset] = (byte)type;
        Text(TarFormat.LinkOffset, Truncate(entry.LinkName, TarFormat.LinkLength));
        "ustar\00000"u8.CopyTo(header.AsSpan(TarFormat.MagicOffset));
        if (entry.Type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice)
        {
            TarFormat.WriteNumber(header.AsSpan(TarFormat.MajorOffset, TarFormat.IdLength), entry.DeviceMajor);
            TarFormat.WriteNumber(header.AsSpan(TarFormat.MinorOffset, TarFormat.IdLength), entry.DeviceMinor);
        }
        TarFormat.WriteNumber(header.AsSpan(TarFormat.ChecksumOffset, 7), TarFormat.Checksum(header).Unsigned);
        header[TarFormat.ChecksumOffset + 7] = (byte)' ';
    }

    private void Text(int offset, string text) => Encoding.Latin1.GetBytes(text).CopyTo(header, offset);

    private void EndEntry()
    {
        if (remaining > 0)
            throw new InvalidOperationException($"The entry lacks {remaining} bytes of its data.");
        WriteZeros(padding);
        padding = 0;
    }

    private void WriteZeros(long count)
    {
        Span<byte> zeros = stackalloc byte[TarFormat.BlockSize];
        zeros.Clear();
        for (; count > 0; count -= zeros.Length)
            stream.Write(zeros[..(int)Math.Min(count, zeros.Length)]);
    }
}
