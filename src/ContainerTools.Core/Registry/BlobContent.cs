using System.Buffers;
using System.Net;
using ContainerTools.Engine;

namespace ContainerTools.Core.Registry;

/// <summary>A part of a blob as the body of a request. It opens the blob when it is sent.</summary>
/// <param name="open">Opens the blob at an offset.</param>
/// <param name="offset">Where the part begins.</param>
/// <param name="length">How long it is.</param>
/// <param name="report">Told how many bytes of the blob have been sent.</param>
internal sealed class BlobContent(Func<long, Stream> open, long offset, long length, Action<long> report) : HttpContent
{
    private const int BufferSize = 256 << 10;

    // What goes out at once. On a slow line a larger part would take so long that it looks like silence.
    private const int SliceSize = 64 << 10;

    /// <summary>Told each time that data has gone out, and whether that was all.</summary>
    internal Action<bool>? Sent { get; set; }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            await using var source = open(offset);
            long sent = 0;
            while (sent < length)
            {
                int count = await ReadAsync(source, buffer.AsMemory(0, (int)Math.Min(length - sent, buffer.Length)), cancellationToken);
                for (int done = 0; done < count; done += SliceSize)
                {
                    int slice = Math.Min(count - done, SliceSize);
                    await stream.WriteAsync(buffer.AsMemory(done, slice), cancellationToken);
                    sent += slice;
                    Sent?.Invoke(sent == length);
                }

                report(offset + sent);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Errors of our own disk must not look like the connection's, which are repeated.
    private static async ValueTask<int> ReadAsync(Stream source, Memory<byte> buffer, CancellationToken ct)
    {
        try
        {
            int count = source is FileStream ? source.Read(buffer.Span) : await source.ReadAsync(buffer, ct);
            return count > 0
                ? count
                : throw new ContainerToolsException("ContentDamaged", ErrorKind.InvalidData, "A blob in the image store is shorter than it was. Pull or import the image again.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "ContentReadFailed", "A blob could not be read");
        }
    }
}
