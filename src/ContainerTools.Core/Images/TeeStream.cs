using ContainerTools.Core.Content;

namespace ContainerTools.Core.Images;

/// <summary>Hands everything that is written to it to several threads, in blocks.</summary>
internal sealed class TeeStream(params BlockPipe[] pipes) : WriteOnlyStream
{
    private readonly byte[]?[] blocks = new byte[]?[pipes.Length];
    private int filled;

    /// <inheritdoc />
    /// <exception cref="PipeBrokenException">A reader has given up.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            for (int i = 0; i < pipes.Length; i++)
            {
                blocks[i] ??= pipes[i].Rent() ?? throw new PipeBrokenException(new IOException("The layer cannot be stored."));
            }

            int count = Math.Min(buffer.Length, pipes[0].BlockSize - filled);
            foreach (byte[]? block in blocks)
            {
                buffer[..count].CopyTo(block.AsSpan(filled));
            }

            filled += count;
            buffer = buffer[count..];
            if (filled == pipes[0].BlockSize)
            {
                Post();
            }
        }
    }

    /// <summary>Says that this was all.</summary>
    internal void Complete()
    {
        Post();
        foreach (var pipe in pipes)
        {
            pipe.Complete();
        }
    }

    /// <summary>Says that no more comes because of an error.</summary>
    internal void Fail(Exception error)
    {
        foreach (var pipe in pipes)
        {
            pipe.Complete(error);
        }
    }

    private void Post()
    {
        for (int i = 0; i < pipes.Length; i++)
        {
            if (blocks[i] is { } block)
            {
                pipes[i].Post(block, filled);
                blocks[i] = null;
            }
        }

        filled = 0;
    }
}
