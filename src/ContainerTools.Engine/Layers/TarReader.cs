using System.Globalization;
using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// Reads a tar archive entry by entry from a stream, in one pass: V7, ustar, pax and GNU formats with long names, base-256 numbers, sparse files (old
/// GNU, pax 0.0, 0.1, 1.0) and extended attributes. Nothing the archive claims is believed beyond what memory it costs to check.
/// </summary>
public sealed class TarReader
{
    private const int MetadataLimit = 1 << 20;
    private const int SparseLimit = 1 << 16;

    private readonly Stream stream;
    private readonly byte[] header = new byte[TarFormat.BlockSize];
    private readonly byte[] buffer = new byte[1 << 18];
    private int bufferStart;
    private int bufferEnd;
    private PaxRecords global = new();
    private long remaining;
    private long padding;
    private bool ended;

    /// <summary>Reads from a stream; the stream stays open.</summary>
    /// <param name="stream">The plain archive.</param>
    public TarReader(Stream stream) => this.stream = stream;

    /// <summary>The next entry, or null at the archive's end. What is unread of the entry before is skipped.</summary>
    /// <exception cref="ContainerToolsException">TarInvalid: the archive is malformed or cut short.</exception>
    public TarEntry? Next()
    {
        if (ended)
            return null;
        Skip(remaining + padding);
        remaining = padding = 0;
        PaxRecords? own = null;
        string? longName = null, longLink = null;
        while (true)
        {
            if (!ReadHeader())
            {
                ended = true;
                return own is null && longName is null && longLink is null ? null : throw Invalid("it ends between an extended header and its entry");
            }
            var size = Number(TarFormat.SizeOffset, TarFormat.LongLength, "size");
            switch ((char)header[TarFormat.TypeOffset])
            {
                case 'x' or 'X':
                    own ??= global.Clone();
                    own.Parse(ReadMetadata(size));
                    continue;
                case 'g':
                    global = global.Clone();
                    global.Parse(ReadMetadata(size));
                    continue;
                case 'L':
                    longName = TarFormat.ReadText(ReadMetadata(size));
                    continue;
                case 'K':
                    longLink = TarFormat.ReadText(ReadMetadata(size));
                    continue;
                case 'V':
                    continue; // a volume label
                default:
                    return Entry(size, own ?? global, longName, longLink);
            }
        }
    }

    /// <summary>Reads the current entry's data: of a sparse file the segments, one after the other.</summary>
    /// <param name="target">Where to.</param>
    /// <returns>How many bytes were read; 0 at the entry's end.</returns>
    /// <exception cref="ContainerToolsException">TarInvalid: the archive is cut short.</exception>
    public int Read(Span<byte> target)
    {
        if (remaining == 0 || target.Length == 0)
            return 0;
        var length = ReadSome(target[..(int)Math.Min(target.Length, remaining)]);
        if (length == 0)
            throw Invalid("it is cut short in the middle of a file");
        remaining -= length;
        return length;
    }

    /// <summary>Reads what follows the archive's end, so that a digest over the stream covers all of it.</summary>
    public void Drain()
    {
        bufferStart = bufferEnd = 0;
        while (stream.Read(buffer) > 0)
        {
        }
    }

    internal static ContainerToolsException Invalid(string what) => new("TarInvalid", ErrorKind.InvalidData, $"The tar archive is invalid: {what}.");

    private TarEntry Entry(long size, PaxRecords records, string? longName, string? longLink)
    {
        var type = (char)header[TarFormat.TypeOffset];
        var entry = new TarEntry
        {
            Name = records.Text("GNU.sparse.name") ?? records.Text("path") ?? longName ?? HeaderName(),
            LinkName = records.Text("linkpath") ?? longLink ?? TarFormat.ReadText(header.AsSpan(TarFormat.LinkOffset, TarFormat.LinkLength)),
            Mode = (uint)Number(TarFormat.ModeOffset, TarFormat.IdLength, "mode") & 0xfff,
            UserId = Id(records.Number("uid") ?? Number(TarFormat.UserOffset, TarFormat.IdLength, "user id"), "user id"),
            GroupId = Id(records.Number("gid") ?? Number(TarFormat.GroupOffset, TarFormat.IdLength, "group id"), "group id"),
            ModifyTime = records.Time("mtime") ?? new FileTime(Number(TarFormat.TimeOffset, TarFormat.LongLength, "time"), 0),
            ExtendedAttributes = records.IsEmpty ? [] : records.ExtendedAttributes(),
        };
        if (records.Number("size") is { } paxSize)
            size = paxSize;
        if (size is < 0 or > TarFormat.MaximumSize)
            throw Invalid($"'{entry.DisplayName}' claims a size of {size} bytes");
        entry.Type = type switch
        {
            '\0' or '0' or '7' or 'S' => entry.Name.EndsWith('/') && type != 'S' ? TarEntryType.Directory : TarEntryType.File,
            >= '1' and <= '6' => (TarEntryType)type,
            _ => throw Invalid($"'{entry.DisplayName}' is of type '{type}', which is unknown"),
        };
        if (entry.Type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice)
        {
            entry.DeviceMajor = Id(Number(TarFormat.MajorOffset, TarFormat.IdLength, "device number"), "device number");
            entry.DeviceMinor = Id(Number(TarFormat.MinorOffset, TarFormat.IdLength, "device number"), "device number");
        }
        if (entry.Name.Contains('\0', StringComparison.Ordinal) || entry.LinkName.Contains('\0', StringComparison.Ordinal))
            throw Invalid("a name contains a NUL byte");
        if (entry.Type == TarEntryType.File)
        {
            remaining = size;
            padding = TarFormat.Padding(size);
            entry.Size = size;
            ReadSparse(entry, records, type == 'S');
        }
        else
        {
            // By POSIX a hard link may come with its file's data again; whatever the rest claims to hold is skipped.
            remaining = entry.Type is TarEntryType.HardLink or TarEntryType.Directory ? size : 0;
            padding = TarFormat.Padding(remaining);
        }
        return entry;
    }

    private void ReadSparse(TarEntry entry, PaxRecords records, bool oldGnu)
    {
        List<SparseSegment>? map = null;
        long? real = null;
        if (oldGnu)
        {
            map = ReadOldSparseMap();
            real = TarFormat.ReadNumber(header.AsSpan(TarFormat.GnuRealSizeOffset, TarFormat.LongLength)) ?? throw Invalid("a sparse file's size is malformed");
        }
        else if (records.Text("GNU.sparse.major") == "1")
        {
            map = ReadSparseMapFromData();
            real = records.Number("GNU.sparse.realsize");
        }
        else if (records.Text("GNU.sparse.map") is { } text)
        {
            map = [];
            var numbers = text.Split(',');
            if (numbers.Length % 2 != 0 && text.Length > 0)
                throw Invalid("a sparse map is malformed");
            for (var i = 0; i + 1 < numbers.Length; i += 2)
                map.Add(new SparseSegment(SparseNumber(numbers[i]), SparseNumber(numbers[i + 1])));
            real = records.Number("GNU.sparse.size");
        }
        else if (records.SparsePairs.Count > 0)
        {
            map = [.. records.SparsePairs];
            real = records.Number("GNU.sparse.size");
        }
        if (map is null)
            return;
        if (real is not { } total || total is < 0 or > TarFormat.MaximumSize)
            throw Invalid($"the sparse file '{entry.DisplayName}' has no valid size");
        long end = 0, data = 0;
        foreach (var segment in map)
        {
            if (segment.Offset < end || segment.Length < 0 || segment.Offset > total || segment.Length > total - segment.Offset)
                throw Invalid($"the sparse map of '{entry.DisplayName}' is out of order or out of bounds");
            end = segment.Offset + segment.Length;
            data += segment.Length;
        }
        if (data != remaining)
            throw Invalid($"the sparse map of '{entry.DisplayName}' does not fit its data");
        entry.Size = total;
        entry.Sparse = map;
    }

    private List<SparseSegment> ReadOldSparseMap()
    {
        var map = new List<SparseSegment>();
        AddSparseEntries(map, header.AsSpan(TarFormat.GnuSparseOffset), TarFormat.GnuSparseCount);
        var more = header[TarFormat.GnuExtendedFlag] != 0;
        var block = new byte[TarFormat.BlockSize];
        while (more)
        {
            ReadExactly(block);
            AddSparseEntries(map, block, TarFormat.GnuExtensionCount);
            more = block[TarFormat.GnuExtensionFlag] != 0;
        }
        return map;
    }

    private static void AddSparseEntries(List<SparseSegment> map, ReadOnlySpan<byte> entries, int count)
    {
        for (var i = 0; i < count && entries[i * TarFormat.GnuSparseEntry] != 0; i++)
        {
            var entry = entries.Slice(i * TarFormat.GnuSparseEntry, TarFormat.GnuSparseEntry);
            if (TarFormat.ReadNumber(entry[..12]) is not { } offset || TarFormat.ReadNumber(entry[12..]) is not { } length || map.Count >= SparseLimit)
                throw Invalid("a sparse map is malformed");
            map.Add(new SparseSegment(offset, length));
        }
    }

    // Format 1.0: the map stands before the data, decimal lines padded to a block: the number of segments, then offset and length of each.
    private List<SparseSegment> ReadSparseMapFromData()
    {
        var block = new byte[TarFormat.BlockSize];
        var position = block.Length;
        var digits = new StringBuilder();
        long NextLine()
        {
            digits.Clear();
            while (true)
            {
                if (position == block.Length)
                {
                    if (remaining < block.Length)
                        throw Invalid("a sparse map is cut short");
                    ReadExactly(block);
                    remaining -= block.Length;
                    position = 0;
                }
                var c = (char)block[position++];
                if (c == '\n')
                    return SparseNumber(digits.ToString());
                if (digits.Append(c).Length > 20)
                    throw Invalid("a sparse map is malformed");
            }
        }
        var count = NextLine();
        if (count > SparseLimit)
            throw Invalid($"a sparse map claims {count} segments");
        var map = new List<SparseSegment>();
        for (long i = 0; i < count; i++)
            map.Add(new SparseSegment(NextLine(), NextLine()));
        return map;
    }

    private static long SparseNumber(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Invalid("a sparse map is malformed");

    private string HeaderName()
    {
        var name = TarFormat.ReadText(header.AsSpan(TarFormat.NameOffset, TarFormat.NameLength));
        // Old GNU headers ("ustar" followed by two spaces) use the prefix's place for times.
        var prefix = header.AsSpan(TarFormat.MagicOffset, 6).SequenceEqual("ustar\0"u8)
            ? TarFormat.ReadText(header.AsSpan(TarFormat.PrefixOffset, TarFormat.PrefixLength))
            : "";
        return prefix.Length > 0 ? $"{prefix}/{name}" : name;
    }

    private byte[] ReadMetadata(long size)
    {
        if (size is < 0 or > MetadataLimit)
            throw Invalid($"an extended header claims {size} bytes");
        var data = new byte[size];
        ReadExactly(data);
        Skip(TarFormat.Padding(size));
        return data;
    }

    private bool ReadHeader()
    {
        var length = ReadUpTo(header);
        if (length == 0)
            return false;
        if (length < header.Length)
            throw Invalid("it is cut short in the middle of a header");
        if (header.AsSpan().ContainsAnyExcept((byte)0))
        {
            var sum = TarFormat.ReadNumber(header.AsSpan(TarFormat.ChecksumOffset, TarFormat.ChecksumLength));
            var (unsigned, signed) = TarFormat.Checksum(header);
            if (sum is null || (sum != unsigned && sum != signed))
                throw Invalid("a header's checksum is wrong");
            return true;
        }
        // The end is two blocks of zeros; one and nothing more is what some writers leave.
        length = ReadUpTo(header);
        if (length == header.Length && header.AsSpan().ContainsAnyExcept((byte)0))
            throw Invalid("an entry follows a block of zeros");
        return false;
    }

    private long Number(int offset, int length, string what) =>
        TarFormat.ReadNumber(header.AsSpan(offset, length)) ?? throw Invalid($"the {what} of '{TarEntry.ToText(HeaderName())}' is not a number, or absurdly large");

    // -1 means "unchanged" to the kernel.
    private static uint Id(long number, string what) =>
        number is >= 0 and < uint.MaxValue ? (uint)number : throw Invalid($"{number} is not a {what}");

    private void ReadExactly(Span<byte> target)
    {
        if (ReadUpTo(target) < target.Length)
            throw Invalid("it is cut short");
    }

    private int ReadUpTo(Span<byte> target)
    {
        var done = 0;
        while (done < target.Length)
        {
            var length = ReadSome(target[done..]);
            if (length == 0)
                break;
            done += length;
        }
        return done;
    }

    private int ReadSome(Span<byte> target)
    {
        if (bufferStart == bufferEnd)
        {
            // Large pieces go straight to where they are wanted.
            if (target.Length >= buffer.Length)
                return stream.Read(target);
            bufferStart = 0;
            bufferEnd = stream.Read(buffer);
        }
        var length = Math.Min(target.Length, bufferEnd - bufferStart);
        buffer.AsSpan(bufferStart, length).CopyTo(target);
        bufferStart += length;
        return length;
    }

    private void Skip(long count)
    {
        while (count > 0)
        {
            if (bufferStart == bufferEnd)
            {
                bufferStart = 0;
                bufferEnd = stream.Read(buffer);
                if (bufferEnd == 0)
                    throw Invalid("it is cut short");
            }
            var length = (int)Math.Min(count, bufferEnd - bufferStart);
            bufferStart += length;
            count -= length;
        }
    }
}
