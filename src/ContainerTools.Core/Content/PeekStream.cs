namespace ContainerTools.Core.Content;

/// <summary>A stream whose first bytes can be looked at before it is read.</summary>
internal sealed class PeekStream : ReadOnlyStream
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
}
