using ContainerTools.Core.Content;
using ContainerTools.Engine;
using ContainerTools.Engine.Layers;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>
/// Takes one layer through in one pass, as three stages on threads of their own that work at the same time: the compressed data is read, hashed
/// and kept; it is decompressed; the tar is hashed and unpacked. Afterwards both digests are verified.
/// </summary>
internal sealed class LayerTransfer : IDisposable
{
    private const int BlockSize = 256 << 10;
    private const int BlocksAhead = 16;
    private const int ReportEveryMilliseconds = 50;

    private readonly LayerTransferRequest request;
    private readonly CancellationToken ct;
    private readonly BlockPipe compressed = new(BlockSize, BlocksAhead);
    private readonly BlockPipe plain = new(BlockSize, BlocksAhead);
    private StagedLayer? staged;

    private LayerTransfer(LayerTransferRequest request, CancellationToken ct)
    {
        this.request = request;
        this.ct = ct;
    }

    /// <summary>Runs the transfer. Returns the unpacked layer, not yet committed; null when only the blob was wanted.</summary>
    internal static async Task<StagedLayer?> RunAsync(LayerTransferRequest request, CancellationToken ct)
    {
        using var transfer = new LayerTransfer(request, ct);
        using var stop = ct.Register(transfer.Stop);
        var stages = new List<Task> { Start(transfer.Receive) };
        if (request.Unpack is not null)
        {
            stages.Add(Start(transfer.Unpack));
            stages.Add(Start(transfer.Decompress));
        }

        try
        {
            await Task.WhenAll(stages);
        }
        catch (Exception) when (stages.Any(static s => s.IsFaulted || s.IsCanceled))
        {
            ct.ThrowIfCancellationRequested();
            throw transfer.Explain(stages);
        }

        var result = transfer.staged;
        transfer.staged = null;
        return result;
    }

    public void Dispose()
    {
        staged?.Dispose();
        staged = null;
    }

    // Threads of their own: the stages block on each other, which the thread pool would take long to notice.
    private static Task Start(Action stage) => Task.Factory.StartNew(stage, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Stop()
    {
        var canceled = new OperationCanceledException(ct);
        foreach (var pipe in (BlockPipe[])[compressed, plain])
        {
            pipe.Complete(canceled);
            pipe.Abandon();
        }
    }

    private void Receive()
    {
        try
        {
            using var source = request.OpenSource(ct);
            using var blob = request.Keep?.Invoke();
            using var hash = blob is null ? Hashing.Start(request.Descriptor.Digest.Algorithm) : null;
            long received = 0, reportedAt = 0;
            byte[] scratch = request.Unpack is null ? new byte[BlockSize] : [];
            while (true)
            {
                ct.ThrowIfCancellationRequested();
                byte[]? block = request.Unpack is null ? scratch : compressed.Rent();
                if (block is null)
                {
                    return;
                }

                int count = source.Read(block);
                if (count == 0)
                {
                    break;
                }

                received += count;
                blob?.Write(block.AsSpan(0, count));
                hash?.AppendData(block, 0, count);
                if (request.Unpack is not null)
                {
                    compressed.Post(block, count);
                }

                if (Environment.TickCount64 - reportedAt >= ReportEveryMilliseconds)
                {
                    reportedAt = Environment.TickCount64;
                    request.Report(received);
                }
            }

            Verify(received, blob?.Finish() ?? Hashing.Finish(hash!));
            request.Report(received);
            compressed.Complete();
            if (blob is not null)
            {
                request.BeforeCommit();
                blob.Commit(request.Descriptor.Digest);
            }
        }
        catch (Exception e)
        {
            compressed.Complete(e);
            throw;
        }
    }

    private void Verify(long received, Digest actual)
    {
        if (received != request.Descriptor.Size || actual != request.Descriptor.Digest)
        {
            throw new ContainerToolsException("LayerDigestMismatch", ErrorKind.InvalidData,
                $"Layer {request.Descriptor.Digest.ShortHex} of '{request.ImageName}' is not what the image's manifest says: {request.Descriptor.Digest} with {request.Descriptor.Size} bytes"
                + $" was expected, {actual} with {received} bytes came. Nothing of it was kept.", request.ImageName);
        }
    }

    private void Decompress()
    {
        try
        {
            using var input = new BlockPipeStream(compressed);
            try
            {
                Inflate(input);
            }
            catch (Exception e) when (IsDataError(e))
            {
                // Read on: that the data does not have its digest is the better explanation, if it is true.
                plain.Complete(e);
                Drain(input);
                throw;
            }
        }
        catch (Exception e)
        {
            plain.Complete(e);
            throw;
        }
    }

    private void Inflate(BlockPipeStream input)
    {
        using var buffered = new PeekStream(input, 4);
        var compression = Decompression.Detect(buffered.Start)
            ?? (MediaTypes.CompressionOf(request.Descriptor.MediaType) is LayerCompression.Gzip or LayerCompression.Zstd
                ? throw new InvalidDataException("it does not begin like compressed data")
                : LayerCompression.None);
        using var output = Decompression.Open(buffered, compression);
        while (plain.Rent() is { } block)
        {
            int count = output.ReadAtLeast(block, block.Length, throwOnEndOfStream: false);
            plain.Post(block, count);
            if (count < block.Length)
            {
                // Behind the end of the compressed data, so that all of it is hashed.
                Drain(input);
                plain.Complete();
                return;
            }
        }
    }

    private void Unpack()
    {
        try
        {
            using var source = new BlockPipeStream(plain);
            using var hash = Hashing.Start(request.DiffId.Algorithm);
            using var hashing = new HashingStream(source, hash);
            staged = request.Unpack!(hashing, ct);
            Drain(hashing);
            var actual = Hashing.Finish(hash);
            if (actual != request.DiffId)
            {
                throw new ContainerToolsException("LayerDiffIdMismatch", ErrorKind.InvalidData,
                    $"Layer {request.Descriptor.Digest.ShortHex} of '{request.ImageName}' unpacks to {actual}, but the image's configuration says {request.DiffId}. Nothing of it was kept.",
                    request.ImageName);
            }
        }
        catch (Exception)
        {
            plain.Abandon();
            throw;
        }
    }

    private static void Drain(Stream stream)
    {
        byte[] scratch = new byte[64 << 10];
        while (stream.Read(scratch) > 0)
        {
        }
    }

    private static bool IsDataError(Exception e) => e is InvalidDataException or EndOfStreamException || e.GetType().Name == "ZstdException";

    // Of several errors, the first stage's is the cause: what comes later only sees that its input is wrong or ends.
    private Exception Explain(List<Task> stages)
    {
        var errors = stages.SelectMany(static s => s.Exception?.InnerExceptions ?? Enumerable.Empty<Exception>()).ToList();
        var cause = errors.FirstOrDefault(static e => e is not PipeBrokenException and not ContainerToolsException { InnerException: PipeBrokenException })
            ?? Root(errors[0]);
        if (stages[0].Exception?.InnerException is { } first and not PipeBrokenException)
        {
            cause = first;
        }

        return cause switch
        {
            ContainerToolsException or OperationCanceledException => cause,
            _ when IsDataError(cause) => new ContainerToolsException("LayerInvalid", ErrorKind.InvalidData,
                $"Layer {request.Descriptor.Digest.ShortHex} of '{request.ImageName}' cannot be decompressed ({request.Descriptor.MediaType}): {cause.Message}", request.ImageName, cause),
            IOException or UnauthorizedAccessException => ContainerToolsException.FromIO(cause, "LayerTransferFailed",
                $"Layer {request.Descriptor.Digest.ShortHex} of '{request.ImageName}' could not be transferred", request.ImageName),
            _ => cause,
        };
    }

    private static Exception Root(Exception e)
    {
        while (e is PipeBrokenException or ContainerToolsException { InnerException: PipeBrokenException } && e.InnerException is { } inner)
        {
            e = inner;
        }

        return e;
    }
}
