using ContainerTools.Core.Content;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>
/// Brings an image's layers into the layer store, and their blobs into the content store, from wherever they are. Layers are transferred side by
/// side and committed from the base up, since an upper layer may lean on what is below.
/// </summary>
internal sealed class LayerInstaller(ContentStore content, LayerStore layers, Lease lease, int parallel)
{
    /// <summary>Opens a blob that the content store lacks.</summary>
    internal required Func<Descriptor, CancellationToken, Stream> OpenMissingBlob { get; init; }

    /// <summary>Whether the blobs must be in the content store afterwards.</summary>
    internal bool KeepBlobs { get; init; } = true;

    /// <summary>Told of progress.</summary>
    internal IProgress<TransferProgress>? Progress { get; init; }

    /// <summary>Installs all layers of an image, and returns them, the base first.</summary>
    internal async Task<IReadOnlyList<Layer>> InstallAsync(string imageName, ImageManifest manifest, ImageConfig config, CancellationToken ct)
    {
        var diffIds = config.RootFs.DiffIds;
        AddToLease(manifest, diffIds, ct);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var slots = new SemaphoreSlim(parallel);
        var transfers = new Task<StagedLayer?>[diffIds.Count];
        var first = new Dictionary<Digest, int>();
        for (int i = 0; i < transfers.Length; i++)
        {
            // A layer that an image has twice is transferred once; the second time it is there, or is unpacked from the blob.
            transfers[i] = first.TryAdd(manifest.Layers[i].Digest, i)
                ? TransferAsync(imageName, manifest.Layers[i], [.. diffIds.Take(i + 1)], slots, stop.Token)
                : Task.FromResult<StagedLayer?>(null);
        }

        try
        {
            return await CommitAllAsync(imageName, manifest, diffIds, transfers, slots, stop.Token);
        }
        catch (Exception e)
        {
            await stop.CancelAsync();
            throw await CauseAsync(transfers, e, ct);
        }
        finally
        {
            foreach (var transfer in transfers.Where(static t => t.IsCompletedSuccessfully))
            {
                // Those that were committed ignore it.
                (await transfer)?.Dispose();
            }
        }
    }

    private async Task<IReadOnlyList<Layer>> CommitAllAsync(
        string imageName, ImageManifest manifest, IReadOnlyList<Digest> diffIds, Task<StagedLayer?>[] transfers, SemaphoreSlim slots, CancellationToken ct)
    {
        // A failure of any layer ends the waiting for the ones below it.
        var failed = FirstFailureAsync(transfers);
        var result = new List<Layer>();
        for (int i = 0; i < transfers.Length; i++)
        {
            await (await Task.WhenAny(transfers[i], failed));
            var staged = await transfers[i];
            var descriptor = manifest.Layers[i];
            Digest[] chain = [.. diffIds.Take(i + 1)];
            var layer = layers.Find(chain);
            if (layer is null)
            {
                staged ??= await TransferAsync(imageName, descriptor, chain, slots, ct);
                Progress?.Report(new TransferProgress(descriptor.Digest.ShortHex, TransferPhase.Unpacking, descriptor.Size, descriptor.Size));
                using (staged)
                {
                    layer = staged is null
                        ? layers.Find(chain) ?? throw new InvalidOperationException("A layer was neither found nor unpacked.")
                        : await Task.Run(() => layers.Commit(staged, diffIds[i], chain[..^1]), ct);
                }

                Progress?.Report(new TransferProgress(descriptor.Digest.ShortHex, TransferPhase.Done, descriptor.Size, descriptor.Size));
            }

            result.Add(layer);
        }

        await Task.WhenAll(transfers);
        return result;
    }

    private async Task<StagedLayer?> TransferAsync(string imageName, Descriptor descriptor, Digest[] chain, SemaphoreSlim slots, CancellationToken ct)
    {
        // Off the caller's thread at once, which is a shell's.
        await Task.Yield();
        await slots.WaitAsync(ct);
        try
        {
            bool hasLayer = layers.Find(chain) is not null;
            bool hasBlob = content.Contains(descriptor.Digest, descriptor.Size);
            if (hasLayer && (hasBlob || !KeepBlobs))
            {
                Progress?.Report(new TransferProgress(descriptor.Digest.ShortHex, TransferPhase.Exists, descriptor.Size, descriptor.Size));
                return null;
            }

            var phase = hasBlob ? TransferPhase.Unpacking : TransferPhase.Downloading;
            var staged = await LayerTransfer.RunAsync(
                new LayerTransferRequest
                {
                    ImageName = imageName,
                    Descriptor = descriptor,
                    DiffId = chain[^1],
                    OpenSource = token => (hasBlob ? content.TryOpen(descriptor.Digest) : null) ?? OpenMissingBlob(descriptor, token),
                    Keep = hasBlob || !KeepBlobs ? null : () => content.BeginWrite(descriptor.Digest.Algorithm),
                    Unpack = hasLayer ? null : layers.Unpack,
                    Report = current => Progress?.Report(new TransferProgress(descriptor.Digest.ShortHex, phase, current, descriptor.Size)),
                },
                ct);
            if (hasLayer)
            {
                Progress?.Report(new TransferProgress(descriptor.Digest.ShortHex, TransferPhase.Done, descriptor.Size, descriptor.Size));
            }

            return staged;
        }
        finally
        {
            slots.Release();
        }
    }

    // Before anything looks at the stores: what is leased first and seen then stays.
    private void AddToLease(ImageManifest manifest, IReadOnlyList<Digest> diffIds, CancellationToken ct)
    {
        foreach (var descriptor in manifest.Layers.Append(manifest.Config))
        {
            lease.Add(LayerKeys.OfBlob(descriptor.Digest), ct);
        }

        foreach (string key in LayerKeys.OfLayers(diffIds))
        {
            lease.Add(key, ct);
        }
    }

    private static async Task FirstFailureAsync(Task<StagedLayer?>[] transfers)
    {
        var pending = transfers.ToList<Task>();
        while (pending.Count > 0)
        {
            var ended = await Task.WhenAny(pending);
            pending.Remove(ended);
            await ended;
        }
    }

    // Waits until every transfer has let go of its files, and finds the error that made the others stop.
    private static async Task<Exception> CauseAsync(Task<StagedLayer?>[] transfers, Exception first, CancellationToken ct)
    {
        foreach (var transfer in transfers)
        {
            try
            {
                await transfer;
            }
            catch (Exception e)
            {
                first = first is OperationCanceledException ? e : first;
            }
        }

        ct.ThrowIfCancellationRequested();
        return first;
    }
}
