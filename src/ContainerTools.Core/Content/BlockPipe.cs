namespace ContainerTools.Core.Content;

/// <summary>
/// Hands bytes from one thread to another in large blocks, at most a few ahead. One writer, one reader; either may give up, which the other then
/// hears of.
/// </summary>
internal sealed class BlockPipe(int blockSize, int capacity)
{
    private readonly object gate = new();
    private readonly Queue<(byte[] Block, int Length)> full = new();
    private readonly Stack<byte[]> free = new();
    private int allocated;
    private bool completed;
    private bool abandoned;
    private Exception? failure;

    internal int BlockSize => blockSize;

    /// <summary>A block to fill; waits until the reader has emptied one. Null: the reader has given up.</summary>
    internal byte[]? Rent()
    {
        lock (gate)
        {
            while (!abandoned && free.Count == 0 && allocated >= capacity)
            {
                Monitor.Wait(gate);
            }

            if (abandoned)
            {
                return null;
            }

            if (free.TryPop(out byte[]? block))
            {
                return block;
            }

            allocated++;
        }

        return GC.AllocateUninitializedArray<byte>(blockSize);
    }

    /// <summary>Hands over a rented block with its first <paramref name="length"/> bytes.</summary>
    internal void Post(byte[] block, int length)
    {
        lock (gate)
        {
            if (length > 0)
            {
                full.Enqueue((block, length));
            }
            else
            {
                free.Push(block);
            }

            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Nothing more comes. With an exception, the reader gets that instead of the end.</summary>
    internal void Complete(Exception? error = null)
    {
        lock (gate)
        {
            completed = true;
            failure ??= error;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>The reader wants no more.</summary>
    internal void Abandon()
    {
        lock (gate)
        {
            abandoned = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>The next block; null at the end.</summary>
    /// <exception cref="IOException">The writer failed; the inner exception says how.</exception>
    internal (byte[] Block, int Length)? Take()
    {
        lock (gate)
        {
            while (full.Count == 0 && !completed)
            {
                Monitor.Wait(gate);
            }

            // Once the writer has failed, what it wrote before is of no use.
            if (failure is not null)
            {
                throw new PipeBrokenException(failure);
            }

            return full.TryDequeue(out var next) ? next : null;
        }
    }

    /// <summary>Gives a block back that was taken.</summary>
    internal void Return(byte[] block)
    {
        lock (gate)
        {
            free.Push(block);
            Monitor.PulseAll(gate);
        }
    }
}
