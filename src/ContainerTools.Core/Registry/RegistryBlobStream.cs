using System.Net;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Registry;

/// <summary>
/// A blob as it arrives. A broken connection is taken up where it broke by a Range request, or by reading over what is there already where the
/// registry does not know Range. Ends after exactly the descriptor's size.
/// </summary>
internal sealed class RegistryBlobStream(RegistryClient client, ImageReference reference, Descriptor descriptor, CancellationToken lifetime, long start = 0) : Stream
{
    // Fewer bytes than this between two breaks is no progress: a registry must not keep us for ever by a byte at a time.
    private const long Progress = 64 << 10;

    private readonly string what = $"Layer {descriptor.Digest.ShortHex} of '{reference.Familiar}' could not be fetched";
    private HttpResponseMessage? response;
    private Stream? body;
    private CancellationTokenSource? idle;
    private long position = start;
    private long positionAtBreak = start;
    private int breaks;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => descriptor.Size;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            lifetime.ThrowIfCancellationRequested();
            Exception? broken;
            try
            {
                if (body is null && position < descriptor.Size)
                {
                    await OpenAsync();
                }

                int count = body is null || buffer.IsEmpty ? 0 : await ReadWithTimeoutAsync(buffer);
                if (position + count > descriptor.Size)
                {
                    throw new ContainerToolsException("LayerSizeMismatch", ErrorKind.InvalidData,
                        $"{what}: registry '{client.Registry}' sent more than the {descriptor.Size} bytes that the manifest says of {descriptor.Digest}.", reference);
                }

                position += count;
                if (count > 0 || buffer.IsEmpty)
                {
                    return count;
                }

                if (position == descriptor.Size)
                {
                    return 0;
                }

                broken = null;
            }
            catch (Exception e) when (RegistryTransport.IsTransient(e) && !lifetime.IsCancellationRequested)
            {
                broken = e;
            }

            await PrepareToResumeAsync(broken);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Close(ref body);
            Close(ref response);
            Close(ref idle);
        }

        base.Dispose(disposing);
    }

    private static void Close<T>(ref T? resource)
        where T : class, IDisposable
    {
        resource?.Dispose();
        resource = null;
    }

    private async Task PrepareToResumeAsync(Exception? broken)
    {
        breaks = position - positionAtBreak >= Progress ? 1 : breaks + 1;
        positionAtBreak = position;
        if (breaks > client.Options.RetryCount)
        {
            throw broken is null
                ? new ContainerToolsException("LayerTruncated", ErrorKind.InvalidData,
                    $"{what}: registry '{client.Registry}' sent {position} of {descriptor.Size} bytes, also after {breaks - 1} attempts to resume.", reference)
                : client.Unavailable($"{what} ({position} of {descriptor.Size} bytes arrived)", broken);
        }

        Close(ref body);
        Close(ref response);
        await Task.Delay(client.DelayBefore(breaks - 1), lifetime);
    }

    private async Task OpenAsync()
    {
        response = await client.RequestBlobAsync(reference, descriptor, position, lifetime);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // The registry's blob ends where we are, though it should go on.
            throw new ContainerToolsException("LayerTruncated", ErrorKind.InvalidData,
                $"{what}: registry '{client.Registry}' has only {position} of the {descriptor.Size} bytes that the manifest says.", reference);
        }

        body = await response.Content.ReadAsStreamAsync(lifetime);
        long skip = response.StatusCode == HttpStatusCode.PartialContent ? position - (response.Content.Headers.ContentRange?.From ?? 0) : position;
        if (skip < 0)
        {
            throw new ContainerToolsException("RegistryResponseInvalid", ErrorKind.InvalidData, $"{what}: registry '{client.Registry}' sent another part than was asked for.", reference);
        }

        byte[] scratch = new byte[(int)Math.Min(skip, 64 << 10)];
        while (skip > 0)
        {
            int count = await ReadWithTimeoutAsync(scratch.AsMemory(0, (int)Math.Min(skip, scratch.Length)));
            if (count == 0)
            {
                throw new IOException("The connection ended early.");
            }

            skip -= count;
        }
    }

    private async ValueTask<int> ReadWithTimeoutAsync(Memory<byte> buffer)
    {
        // One timer is armed again and again: a new one for each read would cost more than the read.
        if (idle is null || !idle.TryReset())
        {
            idle?.Dispose();
            idle = new CancellationTokenSource();
        }

        idle.CancelAfter(client.Options.IdleTimeout);
        using var stop = lifetime.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), idle);
        try
        {
            return await body!.ReadAsync(buffer, idle.Token);
        }
        catch (OperationCanceledException e) when (!lifetime.IsCancellationRequested)
        {
            throw new TimeoutException($"Nothing was heard for {client.Options.IdleTimeout.TotalSeconds:0.#} seconds.", e);
        }
    }
}
