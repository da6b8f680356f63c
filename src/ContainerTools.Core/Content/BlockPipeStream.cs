namespace ContainerTools.Core.Content;

/// <summary>The reading end of a <see cref="BlockPipe"/> as a stream. Disposing it tells the writer to stop.</summary>
internal sealed class BlockPipeStream(BlockPipe pipe) : ReadOnlyStream
{
    private byte[]? block;
    private int offset;
    private int end;
    private bool atEnd;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || !Fill())
        {
            return 0;
        }

        int count = Math.Min(buffer.Length, end - offset);
        block.AsSpan(offset, count).CopyTo(buffer);
        offset += count;
        return count;
    }

    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 0 ? -1 : one[0];
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            pipe.Abandon();
        }

        base.Dispose(disposing);
    }

    private bool Fill()
    {
        if (offset < end)
        {
            return true;
        }

        if (block is not null)
        {
            pipe.Return(block);
            block = null;
        }

        if (atEnd || pipe.Take() is not { } next)
        {
            atEnd = true;
            return false;
        }

        (block, end) = next;
        offset = 0;
        return true;
    }
}
