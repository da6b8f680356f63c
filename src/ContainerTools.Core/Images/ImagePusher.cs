using ContainerTools.Core.Content;
using ContainerTools.Core.Registry;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>Pushes images to a registry, byte for byte as the store has them. The caller keeps them from being collected.</summary>
internal sealed class ImagePusher(ContentStore content, ImageCatalog catalog, ImageStoreOptions options)
{
    private const int MaxMountAttempts = 2;

    internal async Task<PublishedImage> PushAsync(Image image, ImageReference destination, PushOptions push, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        string what = $"'{image}' could not be pushed to '{destination.Familiar}'";
        if (destination.Digest is { } pinned && pinned != image.Digest)
        {
            throw new ContainerToolsException("PublishDigestMismatch", ErrorKind.InvalidArgument,
                $"{what}: the image's digest is {image.Digest}, not {pinned}. Give a destination with a tag instead.", destination);
        }

        progress?.Report(new TransferProgress(destination.Familiar, TransferPhase.Resolving, 0, null));
        byte[] manifest = content.TryRead(image.Digest, RegistryClient.MaxManifestSize, verify: true) ?? throw Missing(image, image.Digest);
        var credential = push.Credential ?? await DockerCredentials.FindAsync(destination, ct);
        using var client = new RegistryClient(destination.Registry, credential, push.Trust, options.Registry);

        // The first question also gets the token that all that follows is sent with.
        var present = await client.FindManifestAsync(destination, what, ct);
        var blobs = image.Manifest.Layers.Append(image.Manifest.Config).DistinctBy(static b => b.Digest).ToList();
        var outcomes = await PushBlobsAsync(client, image, destination, blobs, push.ChunkSize, progress, ct);
        if (present != image.Digest)
        {
            await client.PutManifestAsync(destination, manifest, image.Descriptor.MediaType, image.Digest, what, ct);
        }

        progress?.Report(new TransferProgress(destination.Familiar, TransferPhase.Done, 0, null));
        return new PublishedImage(destination.Digest is null ? destination : destination.WithDigest(image.Digest), image.Digest, image.Descriptor.MediaType)
        {
            Size = image.DownloadSize,
            SentSize = Sum(BlobUploadOutcome.Uploaded),
            MountedSize = Sum(BlobUploadOutcome.Mounted),
        };

        long Sum(BlobUploadOutcome outcome) => blobs.Zip(outcomes).Where(p => p.Second == outcome).Sum(static p => p.First.Size);
    }

    private async Task<BlobUploadOutcome[]> PushBlobsAsync(
        RegistryClient client, Image image, ImageReference destination, List<Descriptor> blobs, long? chunkSize, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        var outcomes = new BlobUploadOutcome[blobs.Count];
        var sources = FindSources(destination, blobs);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.MaxParallelLayers, CancellationToken = ct };
        await Parallel.ForAsync(0, blobs.Count, parallel, async (i, token) =>
        {
            var blob = blobs[i];
            var upload = new BlobUpload(client, destination, blob, () => content.TryOpen(blob.Digest) ?? throw Missing(image, blob.Digest))
            {
                ChunkSize = chunkSize,
                Report = sent => progress?.Report(new TransferProgress(blob.Digest.ShortHex, TransferPhase.Uploading, sent, blob.Size)),
            };
            outcomes[i] = await upload.RunAsync(sources.GetValueOrDefault(blob.Digest) ?? [], token);
            var phase = outcomes[i] == BlobUploadOutcome.Uploaded ? TransferPhase.Done : TransferPhase.Exists;
            progress?.Report(new TransferProgress(blob.Digest.ShortHex, phase, blob.Size, blob.Size));
        });
        return outcomes;
    }

    // The registry's other repositories that hold a blob, as far as this store knows: it has their images.
    private Dictionary<Digest, List<string>> FindSources(ImageReference destination, List<Descriptor> blobs)
    {
        var wanted = blobs.Select(static b => b.Digest).ToHashSet();
        var sources = new Dictionary<Digest, List<string>>();
        foreach (var other in catalog.List())
        {
            if (other.Reference is not { } reference || reference.Registry != destination.Registry || reference.Repository == destination.Repository)
            {
                continue;
            }

            foreach (var digest in other.Manifest.Layers.Select(static l => l.Digest).Where(wanted.Contains))
            {
                var repositories = sources.TryGetValue(digest, out var known) ? known : sources[digest] = [];
                if (repositories.Count < MaxMountAttempts && !repositories.Contains(reference.Repository))
                {
                    repositories.Add(reference.Repository);
                }
            }
        }

        return sources;
    }

    private ContainerToolsException Missing(Image image, Digest digest) => new("ImageContentMissing", ErrorKind.InvalidData,
        $"Image '{image}' is damaged: blob {digest.ShortHex} is missing from '{content.Directory}'. Pull or import it again.", image);
}
