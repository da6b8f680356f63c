using System.IO.Compression;
using ContainerTools.Core.Content;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>
/// Makes a layer of a tar in one pass, on three threads: one writes the tar, one hashes and unpacks it, as the layer of a pulled image is, and one
/// compresses it to the blob. Until both are whole, nothing is visible.
/// </summary>
internal sealed class LayerBuilder(ContentStore content, LayerStore layers, Lease lease)
{
    private const int BlockSize = 256 << 10;
    private const int BlocksAhead = 8;

    // The same bytes everywhere need the same level everywhere. Half the default's work for a few percent more bytes.
    private static readonly ZLibCompressionOptions Compression = new() { CompressionLevel = 4 };

    /// <summary>Makes a layer, unpacking its files from the tar.</summary>
    /// <param name="write">Writes the tar, and returns how many entries it has.</param>
    /// <param name="parents">The layers below, the base first; they must be in the store.</param>
    /// <param name="ct">Cancels; nothing is left.</param>
    /// <returns>Null when there were no entries.</returns>
    internal Task<BuiltLayer?> BuildAsync(Func<Stream, CancellationToken, Task<long>> write, IReadOnlyList<Digest> parents, CancellationToken ct) => BuildAsync(write, parents, null, ct);

    /// <summary>Makes a layer.</summary>
    /// <param name="write">Writes the tar, and returns how many entries it has.</param>
    /// <param name="parents">The layers below, the base first; they must be in the store.</param>
    /// <param name="take">Gives the layer's files when the tar has been read, so that they need not be unpacked from it; null unpacks them.</param>
    /// <param name="ct">Cancels; nothing is left.</param>
    /// <returns>Null when there were no entries.</returns>
    internal async Task<BuiltLayer?> BuildAsync(Func<Stream, CancellationToken, Task<long>> write, IReadOnlyList<Digest> parents, Func<StagedLayer>? take, CancellationToken ct)
    {
        var plain = new BlockPipe(BlockSize, BlocksAhead);
        var packed = new BlockPipe(BlockSize, BlocksAhead);
        using var tee = new TeeStream(plain, packed);
        using var blob = content.BeginWrite();
        var unpacking = Start(plain, source => take is null ? Unpack(source, ct) : (null, Hash(source)));
        var compressing = Start(packed, source => Compress(source, blob));
        long count = 0;
        try
        {
            count = await write(tee, ct);
            tee.Complete();
        }
        catch (Exception e)
        {
            tee.Fail(e);
            throw await CauseAsync(e, unpacking, compressing, ct);
        }

        try
        {
            var (staged, diffId) = await unpacking;
            using (staged)
            {
                var digest = await compressing;
                if (count == 0)
                {
                    return null;
                }

                ct.ThrowIfCancellationRequested();
                using var taken = take?.Invoke();
                var files = staged ?? taken!;
                var descriptor = new Descriptor { MediaType = MediaTypes.OciLayerGzip, Digest = digest, Size = blob.Length };
                Protect(digest, [.. parents, diffId], ct);
                blob.Commit(digest);
                long size = files.Size;
                _ = layers.Commit(files, diffId, parents);
                return new BuiltLayer(descriptor, diffId, size);
            }
        }
        catch (Exception e) when (!unpacking.IsCompletedSuccessfully || !compressing.IsCompletedSuccessfully)
        {
            throw await CauseAsync(e, unpacking, compressing, ct);
        }
    }

    // Leased first, visible then: a collection in between would take it for unneeded.
    private void Protect(Digest blob, IReadOnlyList<Digest> diffIds, CancellationToken ct)
    {
        lease.Add(LayerKeys.OfBlob(blob), ct);
        foreach (string key in LayerKeys.OfLayers(diffIds))
        {
            lease.Add(key, ct);
        }
    }

    private static Task<T> Start<T>(BlockPipe pipe, Func<Stream, T> stage) => Task.Factory.StartNew(
        () =>
        {
            // Disposing it tells the writer that nobody reads any more.
            using var source = new BlockPipeStream(pipe);
            return stage(source);
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private (StagedLayer? Staged, Digest DiffId) Unpack(Stream source, CancellationToken ct)
    {
        using var hash = Hashing.Start("sha256");
        using var hashing = new HashingStream(source, hash);
        var staged = layers.Unpack(hashing, ct);
        try
        {
            // What stands behind the archive's end belongs to the digest.
            hashing.CopyTo(Stream.Null);
            return (staged, Hashing.Finish(hash));
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    private static Digest Hash(Stream source)
    {
        using var hash = Hashing.Start("sha256");
        using var hashing = new HashingStream(source, hash);
        hashing.CopyTo(Stream.Null, BlockSize);
        return Hashing.Finish(hash);
    }

    private static Digest Compress(Stream source, BlobWriter blob)
    {
        using (var sink = new BlobStream(blob))
        using (var gzip = new GZipStream(sink, Compression, leaveOpen: true))
        {
            source.CopyTo(gzip, BlockSize);
        }

        return blob.Finish();
    }

    // The error that made the others fail: a stage that only saw its pipe break says nothing.
    private static async Task<Exception> CauseAsync(Exception first, Task<(StagedLayer? Staged, Digest DiffId)> unpacking, Task<Digest> compressing, CancellationToken ct)
    {
        var cause = first;
        try
        {
            (await unpacking).Staged?.Dispose();
        }
        catch (Exception e)
        {
            cause = cause is PipeBrokenException ? e : cause;
        }

        try
        {
            await compressing;
        }
        catch (Exception e)
        {
            cause = cause is PipeBrokenException ? e : cause;
        }

        ct.ThrowIfCancellationRequested();
        return cause;
    }
}
