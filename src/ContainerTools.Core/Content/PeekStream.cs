namespace ContainerTools.Core.Content;

/// <summary>A stream whose first bytes can be looked at before it is read.</summary>
internal sealed class PeekStream : Stream
{
    private readonly Stream inner;
    private readonly byte[] start;
    private readonly int startLength;
    private int startOffset;

    internal PeekStream(Stream inner, int length)
    {
        this.inner = inner;
        start = new byte[length];
        startLength = inner.ReadAtLeast(start, length, throwOnEndOfStream: false);
    }

    /// <summary>The first bytes; fewer than asked for when the stream is shorter.</summary>
    internal ReadOnlySpan<byte> Start => start.AsSpan(0, startLength);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (startOffset >= startLength)
        {
            return inner.Read(buffer);
        }

        int count = Math.Min(buffer.Length, startLength - startOffset);
        start.AsSpan(startOffset, count).CopyTo(buffer);
        startOffset += count;
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
