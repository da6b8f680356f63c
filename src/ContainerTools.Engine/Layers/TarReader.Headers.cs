using System.Buffers.Text;

namespace ContainerTools.Engine.Layers;

/// <content>From a header to an entry.</content>
public sealed partial class TarReader
{
    private void ReadEntry(ReadOnlySpan<byte> block, PaxRecords pax)
    {
        // The block may be overwritten by the next read (sparse continuation blocks), so take what is needed first.
        Span<byte> header = stackalloc byte[TarFormat.BlockSize];
        block.CopyTo(header);
        byte type = header[TarFormat.TypeOffset];
        var entry = Entry;
        entry.Reset();
        entry.TypeFlag = type;
        bool ustar = header.Slice(TarFormat.MagicOffset, 6).SequenceEqual("ustar\0"u8);
        bool gnu = header.Slice(TarFormat.MagicOffset, 8).SequenceEqual("ustar  \0"u8);

        entry.Name = pax.SparseName ?? pax.Path ?? _longName ?? HeaderName(header, ustar);
        entry.LinkName = pax.LinkPath ?? _longLink ?? HeaderLink(header);
        entry.Mode = (uint)Number(header, TarFormat.ModeOffset, TarFormat.ShortNumber, "mode") & 0xFFF;
        entry.UserId = pax.UserId ?? Id(header, TarFormat.UserIdOffset, "owner");
        entry.GroupId = pax.GroupId ?? Id(header, TarFormat.GroupIdOffset, "group");
        entry.ModifyTime = pax.ModifyTime ?? new(Number(header, TarFormat.TimeOffset, TarFormat.LongNumber, "time"), 0);
        entry.AccessTime = pax.AccessTime;
        entry.ExtendedAttributes = pax.Attributes;
        entry.Kind = type switch
        {
            (byte)'0' or 0 or (byte)'7' when entry.Name.Length > 0 && entry.Name.Span[^1] == '/' => TarEntryKind.Directory, // As v7 and BSD write them.
            (byte)'0' or 0 or (byte)'7' or (byte)'S' => TarEntryKind.File,
            (byte)'1' => TarEntryKind.HardLink,
            (byte)'2' => TarEntryKind.SymbolicLink,
            (byte)'3' => TarEntryKind.CharacterDevice,
            (byte)'4' => TarEntryKind.BlockDevice,
            (byte)'5' => TarEntryKind.Directory,
            (byte)'6' => TarEntryKind.Fifo,
            _ => TarEntryKind.Unknown,
        };
        if (entry.Kind is TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice && (ustar || gnu))
        {
            entry.DeviceMajor = (uint)Number(header, TarFormat.MajorOffset, TarFormat.ShortNumber, "device number");
            entry.DeviceMinor = (uint)Number(header, TarFormat.MinorOffset, TarFormat.ShortNumber, "device number");
        }

        if (type is >= (byte)'1' and <= (byte)'6')
        {
            return; // Headers only: whatever stands in the size field, no content follows.
        }

        long stored = pax.Size ?? Number(header, TarFormat.SizeOffset, TarFormat.LongNumber, "size");
        CheckSize(stored);
        if (entry.Kind == TarEntryKind.Directory)
        {
            _input.Skip(stored + TarFormat.Padding(stored), $"in the content of '{entry.NameText}'");
            return;
        }

        _remaining = stored;
        _padding = TarFormat.Padding(stored);
        entry.Size = stored;
        if (type == 'S')
        {
            ReadOldSparse(header);
        }
        else if (entry.Kind == TarEntryKind.File && (pax.SparseMajor == 1 || pax.Fragments is not null || pax.SparseRealSize is not null))
        {
            ReadPaxSparse(pax);
        }
    }

    // GNU tar 1.12 to now with --format=gnu: four fragments in the header, more in blocks that follow it.
    private void ReadOldSparse(ReadOnlySpan<byte> header)
    {
        var map = new TarSparseMap();
        ReadFragments(map, header[TarFormat.GnuSparseOffset..], TarFormat.GnuSparseCount);
        bool more = header[TarFormat.GnuExtendedOffset] != 0;
        while (more)
        {
            if (!_input.TryReadBlock(out var block))
            {
                throw _input.Truncated("in a sparse file's map");
            }

            ReadFragments(map, block, TarFormat.GnuContinuationCount);
            more = block[TarFormat.GnuContinuationExtended] != 0;
        }

        SetSparse(map, Number(header, TarFormat.GnuRealSizeOffset, TarFormat.LongNumber, "real size"));
    }

    private static void ReadFragments(TarSparseMap map, ReadOnlySpan<byte> fields, int count)
    {
        for (int i = 0; i < count; i++)
        {
            var field = fields.Slice(i * 2 * TarFormat.LongNumber, 2 * TarFormat.LongNumber);
            if (field[0] == 0)
            {
                return;
            }

            map.Add(Number(field, 0, TarFormat.LongNumber, "fragment"), Number(field, TarFormat.LongNumber, TarFormat.LongNumber, "fragment"));
        }
    }

    private void ReadPaxSparse(PaxRecords pax)
    {
        var map = new TarSparseMap();
        long real = pax.SparseRealSize ?? throw new TarFormatException($"The sparse file '{Entry.NameText}' in the tar archive has no real size.");
        if (pax.SparseMajor == 1)
        {
            // 1.0: the map is text at the beginning of the content, filled up to a block: how many, then offset and length of each.
            long before = _input.Position;
            long count = ReadMapNumber();
            for (long i = 0; i < count; i++)
            {
                long offset = ReadMapNumber();
                map.Add(offset, ReadMapNumber());
            }

            int fill = TarFormat.Padding(_input.Position - before);
            _input.Skip(fill, "in a sparse file's map");
            _remaining -= fill;
        }
        else
        {
            foreach (var (offset, length) in pax.Fragments ?? [])
            {
                map.Add(offset, length);
            }
        }

        SetSparse(map, real);
    }

    private long ReadMapNumber()
    {
        Span<byte> digits = stackalloc byte[20];
        for (int i = 0; i < digits.Length; i++)
        {
            if (_remaining == 0 || _input.Peek().IsEmpty)
            {
                throw _input.Truncated("in a sparse file's map");
            }

            byte b = _input.Peek()[0];
            _input.Advance(1);
            _remaining--;
            if (b == '\n')
            {
                return Utf8Parser.TryParse(digits[..i], out long number, out int used) && used == i && number >= 0
                    ? number
                    : throw new TarFormatException($"The map of the sparse file '{Entry.NameText}' in the tar archive is not made of numbers.");
            }

            digits[i] = b;
        }

        throw new TarFormatException($"The map of the sparse file '{Entry.NameText}' in the tar archive is not made of numbers.");
    }

    private void SetSparse(TarSparseMap map, long real)
    {
        CheckSize(real);
        map.Check(real, _remaining);
        _map = map;
        Entry.Size = real;
        Entry.IsSparse = true;
    }

    private void CheckSize(long size)
    {
        if (size is < 0 or > TarFormat.MaximumSize)
        {
            throw new TarFormatException($"The tar archive says that '{Entry.NameText}' has {size} bytes; at most {TarFormat.MaximumSize} (1 PiB) are accepted.");
        }
    }

    private static uint Id(ReadOnlySpan<byte> header, int offset, string what)
    {
        long number = Number(header, offset, TarFormat.ShortNumber, what);
        return number is >= 0 and < uint.MaxValue
            ? (uint)number
            : throw new TarFormatException($"A header in the tar archive has the {what} {number}, which no user or group can be.");
    }

    private ReadOnlyMemory<byte> HeaderName(ReadOnlySpan<byte> header, bool ustar)
    {
        int length = 0;
        if (ustar)
        {
            // star uses the last part of the prefix for times and says so in the very last bytes.
            bool star = header.Slice(TarFormat.StarTrailerOffset, 4).SequenceEqual("tar\0"u8);
            var prefix = TarFormat.Text(header.Slice(TarFormat.PrefixOffset, star ? TarFormat.StarPrefixLength : TarFormat.PrefixLength));
            if (!prefix.IsEmpty)
            {
                prefix.CopyTo(_name);
                _name[prefix.Length] = (byte)'/';
                length = prefix.Length + 1;
            }
        }

        var name = TarFormat.Text(header.Slice(TarFormat.NameOffset, TarFormat.NameLength));
        name.CopyTo(_name.AsSpan(length));
        return _name.AsMemory(0, length + name.Length);
    }

    private ReadOnlyMemory<byte> HeaderLink(ReadOnlySpan<byte> header)
    {
        var link = TarFormat.Text(header.Slice(TarFormat.LinkOffset, TarFormat.NameLength));
        link.CopyTo(_link);
        return _link.AsMemory(0, link.Length);
    }
}
