using System.Buffers;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// An archive on its way from one thread, which downloads, verifies and decompresses, to another, which makes files: so the two overlap. Chunks change
/// hands and are not copied.
/// </summary>
internal sealed class PipedTarInput : TarInput, IDisposable
{
    private const int ChunkSize = 1 << 20; // A multiple of the tar block, so that headers lie whole in one.
    private const int ChunkCount = 4;

    private readonly Lock _lock = new();
    private readonly Queue<ArraySegment<byte>> _full = new(ChunkCount);
    private readonly SemaphoreSlim _free = new(ChunkCount - 1, ChunkCount);
    private readonly SemaphoreSlim _ready = new(0);
    private byte[]? _current;
    private bool _completed;
    private bool _failed;
    private volatile bool _abandoned;

    /// <summary>Reads a stream to its end and passes it on; returns early when the reader has given up.</summary>
    public void Pump(Stream source, CancellationToken cancellationToken)
    {
        bool finished = false;
        try
        {
            while (!finished)
            {
                _free.Wait(cancellationToken);
                if (_abandoned)
                {
                    return;
                }

                byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkSize);
                int filled = 0, count;
                while (filled < ChunkSize && (count = source.Read(chunk, filled, ChunkSize - filled)) > 0)
                {
                    filled += count;
                    cancellationToken.ThrowIfCancellationRequested();
                }

                finished = filled < ChunkSize;
                lock (_lock)
                {
                    _full.Enqueue(new ArraySegment<byte>(chunk, 0, filled));
                }

                _ready.Release();
            }
        }
        finally
        {
            lock (_lock)
            {
                _completed = true;
                _failed = !finished && !_abandoned;
            }

            _ready.Release();
        }
    }

    /// <summary>The reader wants no more: the pump stops.</summary>
    public void Abandon()
    {
        _abandoned = true;
        _free.Release();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        ReturnCurrent();
        while (_full.TryDequeue(out var chunk))
        {
            ArrayPool<byte>.Shared.Return(chunk.Array!);
        }

        _free.Dispose();
        _ready.Dispose();
    }

    protected override ReadOnlyMemory<byte> Fetch()
    {
        if (ReturnCurrent())
        {
            _free.Release();
        }

        while (true)
        {
            _ready.Wait();
            lock (_lock)
            {
                if (_full.TryDequeue(out var chunk))
                {
                    _current = chunk.Array;
                    if (chunk.Count > 0)
                    {
                        return chunk;
                    }

                    ReturnCurrent();
                }

                if (_completed)
                {
                    _ready.Release(); // The next call comes to the end too.
                    return _failed ? throw new OperationCanceledException("The layer's source has failed.") : default(ReadOnlyMemory<byte>);
                }
            }
        }
    }

    private bool ReturnCurrent()
    {
        if (_current is not { } chunk)
        {
            return false;
        }

        _current = null;
        ArrayPool<byte>.Shared.Return(chunk);
        return true;
    }
}
