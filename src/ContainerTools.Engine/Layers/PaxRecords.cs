using System.Buffers.Text;
using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>What a pax extended header says (POSIX.1-2001 pax(1), "pax Extended Header"), with the vendors' keywords that layers use.</summary>
internal sealed class PaxRecords
{
    private List<TarExtendedAttribute>? _attributes;
    private List<(long, long)>? _fragments;
    private long? _pendingOffset;

    public byte[]? Path { get; private set; }

    public byte[]? LinkPath { get; private set; }

    public long? Size { get; private set; }

    public uint? UserId { get; private set; }

    public uint? GroupId { get; private set; }

    public FileTime? ModifyTime { get; private set; }

    public FileTime? AccessTime { get; private set; }

    public byte[]? SparseName { get; private set; }

    public long? SparseRealSize { get; private set; }

    public long? SparseMajor { get; private set; }

    public long? SparseMinor { get; private set; }

    public IReadOnlyList<TarExtendedAttribute>? Attributes => _attributes;

    public IReadOnlyList<(long Offset, long Length)>? Fragments => _fragments;

    public bool IsEmpty { get; private set; } = true;

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        if (!IsEmpty)
        {
            Path = LinkPath = SparseName = null;
            Size = SparseRealSize = SparseMajor = SparseMinor = _pendingOffset = null;
            UserId = GroupId = null;
            ModifyTime = AccessTime = null;
            _attributes = null;
            _fragments = null;
            IsEmpty = true;
        }
    }

    /// <summary>Takes over a global header's records, which the following local ones override.</summary>
    public void CopyFrom(PaxRecords other)
    {
        Path = other.Path;
        LinkPath = other.LinkPath;
        Size = other.Size;
        UserId = other.UserId;
        GroupId = other.GroupId;
        ModifyTime = other.ModifyTime;
        AccessTime = other.AccessTime;
        _attributes = other._attributes is null ? null : [.. other._attributes];
        IsEmpty = other.IsEmpty;
    }

    /// <summary>Reads records: <c>length keyword=value\n</c>, the length in decimal and including itself.</summary>
    /// <exception cref="TarFormatException">They are malformed.</exception>
    public void Parse(ReadOnlySpan<byte> records)
    {
        IsEmpty = false;
        while (!records.IsEmpty)
        {
            if (records.TrimStart((byte)0).IsEmpty)
            {
                return; // Some writers pad with NULs.
            }

            if (!Utf8Parser.TryParse(records, out int length, out int digits) || length <= digits + 2 || length > records.Length
                || records[digits] != ' ' || records[length - 1] != '\n')
            {
                throw Malformed("a record's length is wrong");
            }

            var record = records[(digits + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
            {
                throw Malformed("a record has no keyword");
            }

            Apply(record[..equals], record[(equals + 1)..]);
            records = records[length..];
        }
    }

    private static TarFormatException Malformed(string how) => new($"A pax header in the tar archive is malformed: {how}.");

    private void Apply(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("path"u8))
        {
            Path = Name(value);
        }
        else if (key.SequenceEqual("linkpath"u8))
        {
            LinkPath = Name(value);
        }
        else if (key.SequenceEqual("size"u8))
        {
            Size = value.IsEmpty ? null : Number(value, "size");
        }
        else if (key.SequenceEqual("uid"u8))
        {
            UserId = value.IsEmpty ? null : Id(value, "uid");
        }
        else if (key.SequenceEqual("gid"u8))
        {
            GroupId = value.IsEmpty ? null : Id(value, "gid");
        }
        else if (key.SequenceEqual("mtime"u8))
        {
            ModifyTime = value.IsEmpty ? null : Time(value);
        }
        else if (key.SequenceEqual("atime"u8))
        {
            AccessTime = value.IsEmpty ? null : Time(value);
        }
        else if (key.StartsWith("SCHILY.xattr."u8))
        {
            SetAttribute(key["SCHILY.xattr.".Length..].ToArray(), value.ToArray());
        }
        else if (key.StartsWith("LIBARCHIVE.xattr."u8))
        {
            SetAttribute(UnescapeName(key["LIBARCHIVE.xattr.".Length..]), FromBase64(value));
        }
        else if (key.StartsWith("GNU.sparse."u8))
        {
            ApplySparse(key["GNU.sparse.".Length..], value);
        }
    }

    private void ApplySparse(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        switch (Encoding.ASCII.GetString(key))
        {
            case "major":
                SparseMajor = Number(value, "GNU.sparse.major");
                break;
            case "minor":
                SparseMinor = Number(value, "GNU.sparse.minor");
                break;
            case "name":
                SparseName = Name(value);
                break;
            case "size" or "realsize":
                SparseRealSize = Number(value, "GNU.sparse.size");
                break;
            case "offset":
                _pendingOffset = Number(value, "GNU.sparse.offset");
                break;
            case "numbytes":
                AddFragment(_pendingOffset ?? throw Malformed("GNU.sparse.numbytes comes without an offset"), Number(value, "GNU.sparse.numbytes"));
                _pendingOffset = null;
                break;
            case "map":
                _fragments = [];
                long? offset = null;
                foreach (var range in value.Split((byte)','))
                {
                    long number = Number(value[range], "GNU.sparse.map");
                    if (offset is { } start)
                    {
                        AddFragment(start, number);
                        offset = null;
                    }
                    else
                    {
                        offset = number;
                    }
                }

                break;
        }
    }

    private void AddFragment(long offset, long length) => (_fragments ??= []).Add((offset, length));

    private void SetAttribute(byte[] name, byte[] value)
    {
        if (name.Length == 0 || name.Contains((byte)0))
        {
            throw Malformed("an extended attribute's name is empty or contains NUL");
        }

        _attributes ??= [];
        _attributes.RemoveAll(a => a.Name.AsSpan().SequenceEqual(name));
        _attributes.Add(new TarExtendedAttribute(name, value));
    }

    private static byte[]? Name(ReadOnlySpan<byte> value)
    {
        if (value.Contains((byte)0))
        {
            throw Malformed("a name contains NUL");
        }

        return value.IsEmpty ? null : value.ToArray();
    }

    private static long Number(ReadOnlySpan<byte> value, string key) =>
        Utf8Parser.TryParse(value, out long number, out int used) && used == value.Length && number >= 0
            ? number
            : throw Malformed($"{key} is '{PathBytes.Display(value)}'");

    private static uint Id(ReadOnlySpan<byte> value, string key)
    {
        long number = Number(value, key);
        return number < uint.MaxValue ? (uint)number : throw Malformed($"{key} is {number}, which no user or group can be");
    }

    private static FileTime Time(ReadOnlySpan<byte> value)
    {
        int point = value.IndexOf((byte)'.');
        var whole = point < 0 ? value : value[..point];
        if (!Utf8Parser.TryParse(whole, out long seconds, out int used) || used != whole.Length)
        {
            throw Malformed($"a time is '{PathBytes.Display(value)}'");
        }

        int nanoseconds = 0;
        if (point >= 0)
        {
            int scale = 100_000_000;
            foreach (byte digit in value[(point + 1)..])
            {
                if (!char.IsAsciiDigit((char)digit))
                {
                    throw Malformed($"a time is '{PathBytes.Display(value)}'");
                }

                nanoseconds += (digit - '0') * scale;
                scale /= 10;
            }
        }

        if (value[0] == '-' && nanoseconds > 0)
        {
            seconds--;
            nanoseconds = 1_000_000_000 - nanoseconds;
        }

        return new FileTime(seconds, nanoseconds);
    }

    private static byte[] FromBase64(ReadOnlySpan<byte> text)
    {
        // libarchive leaves the padding away.
        text = text.TrimEnd((byte)'=');
        byte[] padded = new byte[(text.Length + 3) / 4 * 4];
        text.CopyTo(padded);
        padded.AsSpan(text.Length).Fill((byte)'=');
        byte[] value = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        return Base64.DecodeFromUtf8(padded, value, out _, out int length) == System.Buffers.OperationStatus.Done
            ? value[..length]
            : throw Malformed("a LIBARCHIVE.xattr value is not base64");
    }

    private static byte[] UnescapeName(ReadOnlySpan<byte> name)
    {
        var result = new List<byte>(name.Length);
        for (int i = 0; i < name.Length; i++)
        {
            if (name[i] == '%' && i + 2 < name.Length && Utf8Parser.TryParse(name.Slice(i + 1, 2), out byte b, out int used, 'x') && used == 2)
            {
                result.Add(b);
                i += 2;
            }
            else
            {
                result.Add(name[i]);
            }
        }

        return [.. result];
    }
}
