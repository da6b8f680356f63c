namespace ContainerTools.Engine.Layers;

/// <summary>Where a sparse file's data lies; the rest are holes.</summary>
internal sealed class TarSparseMap
{
    // Enough for a hole every few kilobytes in a file of gigabytes, and few enough for memory.
    private const int MaximumFragments = 1 << 20;

    private readonly List<(long Offset, long Length)> _fragments = [];
    private long _end;

    /// <summary>The bytes of data in all fragments.</summary>
    public long DataLength { get; private set; }

    /// <summary>How many fragments there are.</summary>
    public int Count => _fragments.Count;

    /// <summary>A fragment.</summary>
    public (long Offset, long Length) this[int index] => _fragments[index];

    /// <summary>Adds the next fragment, which must not begin before the last one's end.</summary>
    /// <exception cref="TarFormatException">It does, or there are too many.</exception>
    public void Add(long offset, long length)
    {
        if (offset < _end || length < 0 || offset > TarFormat.MaximumSize || length > TarFormat.MaximumSize - offset || _fragments.Count >= MaximumFragments)
        {
            throw new TarFormatException($"A sparse file's map in the tar archive is wrong: a fragment at {offset}, {length} bytes long, after one that ends at {_end}.");
        }

        _end = offset + length;
        if (length > 0)
        {
            DataLength += length;
            _fragments.Add((offset, length));
        }
    }

    /// <summary>Checks the map against the file's real size and against how much data the archive holds.</summary>
    /// <exception cref="TarFormatException">They disagree.</exception>
    public void Check(long realSize, long storedSize)
    {
        if (_end > realSize || DataLength != storedSize)
        {
            throw new TarFormatException(
                $"A sparse file's map in the tar archive is wrong: it covers {DataLength} bytes up to {_end}, the archive holds {storedSize} of a file of {realSize}.");
        }
    }
}
