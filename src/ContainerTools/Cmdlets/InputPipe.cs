using System.Collections.Concurrent;

namespace ContainerTools.Cmdlets;

/// <summary>A stream that one thread fills piece by piece and another reads: a command's standard input, filled from the pipeline.</summary>
internal sealed class InputPipe : Stream
{
    // Bounded, so that a fast pipeline waits for a slow command.
    private const int Capacity = 64;

    private readonly BlockingCollection<ReadOnlyMemory<byte>> _pieces = new(Capacity);
    private ReadOnlyMemory<byte> _current;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Adds a piece, waiting a moment while the pipe is full.</summary>
    /// <returns>False if it is full still.</returns>
    public bool TryAdd(ReadOnlyMemory<byte> piece) => piece.IsEmpty || _pieces.TryAdd(piece, millisecondsTimeout: 20);

    /// <summary>Ends the stream.</summary>
    public void Complete() => _pieces.CompleteAdding();

    public override int Read(Span<byte> buffer)
    {
        if (_current.IsEmpty && !_pieces.TryTake(out _current, Timeout.Infinite))
            return 0;
        var count = Math.Min(buffer.Length, _current.Length);
        _current.Span[..count].CopyTo(buffer);
        _current = _current[count..];
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
