using System.Globalization;
using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// The records of a pax extended header (POSIX.1-2001 pax, "pax Extended Header"): <c>length key=value</c> lines. Later ones override earlier ones, an
/// empty value takes a key back.
/// </summary>
internal sealed class PaxRecords
{
    private const string SchilyPrefix = "SCHILY.xattr.", LibArchivePrefix = "LIBARCHIVE.xattr.";

    private readonly Dictionary<string, byte[]> values = new(StringComparer.Ordinal);
    private readonly List<SparseSegment> sparsePairs = [];
    private long? pendingOffset;

    /// <summary>Pairs of GNU.sparse.offset and GNU.sparse.numbytes (sparse format 0.0, which repeats its keys).</summary>
    public IReadOnlyList<SparseSegment> SparsePairs => sparsePairs;

    public bool IsEmpty => values.Count == 0;

    /// <summary>A copy to which one entry's own records are added.</summary>
    public PaxRecords Clone()
    {
        var copy = new PaxRecords();
        foreach (var (key, value) in values)
            copy.values[key] = value;
        return copy;
    }

    public void Parse(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            var space = data.IndexOf((byte)' ');
            if (space is <= 0 or > 9 || !int.TryParse(data[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length > data.Length || length < space + 3 || data[length - 1] != '\n')
                throw TarReader.Invalid("an extended header is malformed");
            var record = data[(space + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals <= 0)
                throw TarReader.Invalid("an extended header is malformed");
            Set(Encoding.UTF8.GetString(record[..equals]), record[(equals + 1)..].ToArray());
            data = data[length..];
        }
    }

    public string? Text(string key) => values.TryGetValue(key, out var value) ? Encoding.Latin1.GetString(value) : null;

    public long? Number(string key)
    {
        if (Text(key) is not { } text)
            return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
            : throw TarReader.Invalid($"'{key}' is not a number: '{text}'");
    }

    /// <summary>Seconds and a decimal fraction, rounded down to nanoseconds as the kernel keeps them.</summary>
    public FileTime? Time(string key)
    {
        if (Text(key) is not { } text)
            return null;
        var negative = text.StartsWith('-');
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? "" : text[(point + 1)..];
        long seconds = 0;
        if ((whole.Length > (negative ? 1 : 0) && !long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out seconds))
            || fraction.Any(c => !char.IsAsciiDigit(c)) || seconds is < -(1L << 55) or > 1L << 55)
            throw TarReader.Invalid($"'{key}' is not a time: '{text}'");
        var nanoseconds = fraction.Length == 0 ? 0 : int.Parse(fraction.PadRight(9, '0')[..9], CultureInfo.InvariantCulture);
        if (negative && nanoseconds > 0)
            return new FileTime(seconds - 1, 1_000_000_000 - nanoseconds);
        return new FileTime(seconds, nanoseconds);
    }

    public List<KeyValuePair<string, byte[]>> ExtendedAttributes()
    {
        var found = new List<KeyValuePair<string, byte[]>>();
        foreach (var (key, value) in values)
        {
            if (key.StartsWith(SchilyPrefix, StringComparison.Ordinal))
            {
                found.Add(new(key[SchilyPrefix.Length..], value));
            }
            else if (key.StartsWith(LibArchivePrefix, StringComparison.Ordinal))
            {
                // The same attribute again, its name percent-encoded and its value in base 64, beside or instead of the other form.
                var name = Uri.UnescapeDataString(key[LibArchivePrefix.Length..]);
                var text = Encoding.Latin1.GetString(value);
                var bytes = new byte[text.Length];
                if (!values.ContainsKey(SchilyPrefix + name) && Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out var written))
                    found.Add(new(name, bytes[..written]));
            }
        }
        return found;
    }

    private void Set(string key, byte[] value)
    {
        switch (key)
        {
            case "GNU.sparse.offset":
                pendingOffset = ParseLong(key, value);
                return;
            case "GNU.sparse.numbytes":
                sparsePairs.Add(new SparseSegment(pendingOffset ?? throw TarReader.Invalid("a sparse map is malformed"), ParseLong(key, value)));
                pendingOffset = null;
                return;
        }
        // An attribute may well be empty; the other keys are taken back by an empty value.
        if (value.Length == 0 && !key.StartsWith(SchilyPrefix, StringComparison.Ordinal))
            values.Remove(key);
        else
            values[key] = value;
    }

    private static long ParseLong(string key, byte[] value) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw TarReader.Invalid($"'{key}' is not a number");
}
