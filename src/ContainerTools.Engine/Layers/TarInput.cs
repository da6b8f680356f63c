namespace ContainerTools.Engine.Layers;

/// <summary>The bytes of an archive, seen through a window that moves forward, so that file contents need not be copied on their way to the disk.</summary>
internal abstract class TarInput
{
    private readonly byte[] _block = new byte[TarFormat.BlockSize];
    private ReadOnlyMemory<byte> _window;

    /// <summary>How many bytes have been consumed.</summary>
    public long Position { get; private set; }

    /// <summary>What can be read without waiting; fetches more if that is nothing. Empty at the end.</summary>
    public ReadOnlySpan<byte> Peek()
    {
        if (_window.IsEmpty)
        {
            _window = Fetch();
        }

        return _window.Span;
    }

    /// <summary>Consumes bytes of the window.</summary>
    public void Advance(int count)
    {
        _window = _window[count..];
        Position += count;
    }

    /// <summary>Reads one 512-byte block; it is valid until the next call.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="TarFormatException">The input ends within the block.</exception>
    public bool TryReadBlock(out ReadOnlySpan<byte> block)
    {
        var window = Peek();
        if (window.Length >= TarFormat.BlockSize)
        {
            block = window[..TarFormat.BlockSize];
            Advance(TarFormat.BlockSize);
            return true;
        }

        block = _block;
        return !window.IsEmpty && ReadExactly(_block, "in the middle of a header");
    }

    /// <summary>Fills a buffer.</summary>
    /// <exception cref="TarFormatException">The input ends first.</exception>
    public bool ReadExactly(Span<byte> buffer, string where)
    {
        while (!buffer.IsEmpty)
        {
            var window = Peek();
            if (window.IsEmpty)
            {
                throw Truncated(where);
            }

            int count = Math.Min(window.Length, buffer.Length);
            window[..count].CopyTo(buffer);
            Advance(count);
            buffer = buffer[count..];
        }

        return true;
    }

    /// <summary>Consumes bytes unread.</summary>
    /// <exception cref="TarFormatException">The input ends first.</exception>
    public void Skip(long count, string where)
    {
        if (SkipUpTo(count) < count)
        {
            throw Truncated(where);
        }
    }

    /// <summary>Consumes bytes unread, as many as there are.</summary>
    /// <returns>How many that were.</returns>
    public long SkipUpTo(long count)
    {
        long done = 0;
        while (done < count && Peek() is { IsEmpty: false } window)
        {
            int step = (int)Math.Min(window.Length, count - done);
            Advance(step);
            done += step;
        }

        return done;
    }

    /// <summary>The error for input that ends too soon.</summary>
    public TarFormatException Truncated(string where) => new($"The tar archive is cut short: it ends {where}, after {Position} bytes.");

    /// <summary>The next bytes; empty at the end. What was returned before is no longer used.</summary>
    protected abstract ReadOnlyMemory<byte> Fetch();
}
