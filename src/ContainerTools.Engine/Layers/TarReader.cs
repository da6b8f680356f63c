using System.Globalization;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// Reads a tar archive forward, once, byte for byte: v7, ustar, pax, GNU and star headers, sparse files of all four kinds, names and extended attributes
/// of any bytes. Whatever is wrong is a <see cref="TarFormatException"/>.
/// </summary>
public sealed partial class TarReader
{
    private readonly TarInput _input;
    private readonly PaxRecords _global = new();
    private readonly PaxRecords _local = new();
    private readonly byte[] _name = new byte[TarFormat.NameLength + TarFormat.PrefixLength + 1];
    private readonly byte[] _link = new byte[TarFormat.NameLength];
    private byte[]? _longName;
    private byte[]? _longLink;
    private TarSparseMap? _map;
    private int _fragment;
    private long _fragmentDone;
    private long _position;
    private long _remaining;
    private int _padding;
    private int _peeked;
    private bool _ended;

    /// <summary>Reads from a stream, which stays open. It reads ahead of the entries.</summary>
    public TarReader(Stream stream)
        : this(new StreamTarInput(stream))
    {
    }

    internal TarReader(TarInput input) => _input = input;

    /// <summary>The entry that <see cref="MoveNext"/> arrived at; the same object each time.</summary>
    public TarEntry Entry { get; } = new();

    /// <summary>Goes to the next entry; what was not read of the last one's content is skipped.</summary>
    /// <returns>False at the end: two blocks of zeros, or no more input between two entries.</returns>
    /// <exception cref="TarFormatException">The archive is malformed or cut short.</exception>
    public bool MoveNext()
    {
        SkipContent();
        _longName = _longLink = null;
        _local.Clear();
        bool hasLocal = false;
        while (!_ended)
        {
            if (!_input.TryReadBlock(out var header) || (IsZero(header) && EndsHere()))
            {
                _ended = true;
                if (hasLocal || _longName is not null || _longLink is not null)
                {
                    throw _input.Truncated("after an extended header that belongs to no entry");
                }

                break;
            }

            if (!TarFormat.IsChecksumRight(header))
            {
                throw new TarFormatException(
                    $"The tar archive is damaged (or is not a tar archive): the header at byte {_input.Position - TarFormat.BlockSize} has a wrong checksum.");
            }

            switch (header[TarFormat.TypeOffset])
            {
                case (byte)'x' or (byte)'X':
                    if (!hasLocal && !_global.IsEmpty)
                    {
                        _local.CopyFrom(_global);
                    }

                    hasLocal = true;
                    _local.Parse(ReadMetadata(header));
                    break;
                case (byte)'g':
                    _global.Parse(ReadMetadata(header));
                    break;
                case (byte)'L':
                    _longName = TarFormat.Text(ReadMetadata(header)).ToArray();
                    break;
                case (byte)'K':
                    _longLink = TarFormat.Text(ReadMetadata(header)).ToArray();
                    break;
                default:
                    ReadEntry(header, hasLocal ? _local : _global);
                    return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The next piece of the entry's content and where in the file it belongs; holes are not returned. The bytes are valid until the next call.
    /// </summary>
    /// <returns>False when there is no more.</returns>
    /// <exception cref="TarFormatException">The archive is cut short.</exception>
    public bool ReadPiece(out long offset, out ReadOnlySpan<byte> data)
    {
        ConsumePeeked();
        offset = _position;
        if (_remaining == 0)
        {
            data = default;
            return false;
        }

        var window = _input.Peek();
        if (window.IsEmpty)
        {
            throw _input.Truncated($"in the content of '{Entry.NameText}'");
        }

        long wanted = _remaining;
        if (_map is not null)
        {
            var (start, length) = _map[_fragment];
            offset = start + _fragmentDone;
            wanted = length - _fragmentDone;
        }

        _peeked = (int)Math.Min(window.Length, wanted);
        data = window[.._peeked];
        return true;
    }

    /// <summary>Consumes what follows the archive's end, so that a hash over the stream covers all of it.</summary>
    public void ReadToEnd()
    {
        while (_input.Peek() is { IsEmpty: false } rest)
        {
            _input.Advance(rest.Length);
        }
    }

    private void ConsumePeeked()
    {
        if (_peeked > 0)
        {
            _input.Advance(_peeked);
            _remaining -= _peeked;
            _position += _peeked;
            if (_map is not null && (_fragmentDone += _peeked) == _map[_fragment].Length)
            {
                _fragment++;
                _fragmentDone = 0;
            }

            _peeked = 0;
        }
    }

    private void SkipContent()
    {
        ConsumePeeked();
        if (_remaining > 0)
        {
            _input.Skip(_remaining, $"in the content of '{Entry.NameText}'");
        }

        // Some writers (umoci insert is one) end with the last file's content, and other readers take that.
        _input.SkipUpTo(_padding);

        _remaining = _position = _padding = _fragment = 0;
        _fragmentDone = 0;
        _map = null;
    }

    // The end is two blocks of zeros; one at the very end of the input will do.
    private bool EndsHere()
    {
        if (_input.TryReadBlock(out var next) && !IsZero(next))
        {
            throw new TarFormatException($"The tar archive is damaged: a block of zeros at byte {_input.Position - (2 * TarFormat.BlockSize)} is followed by more.");
        }

        return true;
    }

    private ReadOnlySpan<byte> ReadMetadata(ReadOnlySpan<byte> header)
    {
        long size = Number(header, TarFormat.SizeOffset, TarFormat.LongNumber, "size");
        if (size is < 0 or > TarFormat.MaximumMetadata)
        {
            throw new TarFormatException($"An extended header in the tar archive has {size} bytes; at most {TarFormat.MaximumMetadata} are accepted.");
        }

        byte[] content = new byte[size];
        _input.ReadExactly(content, "in an extended header");
        _input.Skip(TarFormat.Padding(size), "in an extended header");
        return content;
    }

    private static long Number(ReadOnlySpan<byte> header, int offset, int length, string what) =>
        TarFormat.TryParseNumber(header.Slice(offset, length), out long value)
            ? value
            : throw new TarFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"A header in the tar archive has no valid {what}: '{PathBytes.Display(TarFormat.Text(header.Slice(offset, length)))}'."));

    private static bool IsZero(ReadOnlySpan<byte> block) => !block.ContainsAnyExcept((byte)0);
}
