using System.Text.Json;
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

        using var client = await ConnectAsync(destination, push, progress, ct);

        // The first question also gets the token that all that follows is sent with.
        var present = await client.FindManifestAsync(destination, what, ct);
        var published = await PushContentAsync(client, image, destination, present == image.Digest, push.ChunkSize, progress, what, ct);
        progress?.Report(new TransferProgress(destination.Familiar, TransferPhase.Done, 0, null));
        return published;
    }

    /// <summary>Pushes images of several platforms, and an index of them under the destination's tag.</summary>
    internal async Task<PublishedImage> PushIndexAsync(
        IReadOnlyList<Image> images, ImageReference destination, PushOptions push, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        string what = $"An index of {string.Join(", ", images)} could not be pushed to '{destination.Familiar}'";
        var parts = images.DistinctBy(static i => i.Digest).ToList();
        if (parts.GroupBy(static i => i.Config.Platform.ToString()).FirstOrDefault(static g => g.Count() > 1) is { } twice)
        {
            throw new ContainerToolsException("IndexPlatformTwice", ErrorKind.InvalidArgument,
                $"{what}: {string.Join(" and ", twice)} are both for {twice.Key}. An index has one image for each platform.", destination);
        }

        if (destination.Tag is null)
        {
            throw new ContainerToolsException("IndexNeedsTag", ErrorKind.InvalidArgument, $"{what}: the destination needs a tag; a digest comes of what is pushed.", destination);
        }

        using var client = await ConnectAsync(destination, push, progress, ct);
        var present = await client.FindManifestAsync(destination, what, ct);
        var pushed = new List<PublishedImage>();
        foreach (var part in parts)
        {
            var name = destination.WithDigest(part.Digest);
            bool known = await client.FindManifestAsync(name, what, ct) == part.Digest;
            pushed.Add(await PushContentAsync(client, part, name, known, push.ChunkSize, progress, what, ct));
        }

        string type = parts.TrueForAll(static i => i.Descriptor.MediaType == MediaTypes.DockerManifest) ? MediaTypes.DockerIndex : MediaTypes.OciIndex;
        var entries = parts.Select(static i => new Descriptor { MediaType = i.Descriptor.MediaType, Digest = i.Digest, Size = i.Descriptor.Size, Platform = i.Config.Platform });
        byte[] index = JsonSerializer.SerializeToUtf8Bytes(new ImageIndex { SchemaVersion = 2, MediaType = type, Manifests = [.. entries] }, OciJson.Default.ImageIndex);
        var digest = Hashing.Sha256(index);
        if (present != digest)
        {
            await client.PutManifestAsync(destination, index, type, digest, what, ct);
        }

        progress?.Report(new TransferProgress(destination.Familiar, TransferPhase.Done, 0, null));
        return new PublishedImage(destination, digest, type)
        {
            Size = pushed.Sum(static p => p.Size),
            SentSize = pushed.Sum(static p => p.SentSize),
            MountedSize = pushed.Sum(static p => p.MountedSize),
        };
    }

    private async Task<RegistryClient> ConnectAsync(ImageReference destination, PushOptions push, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        progress?.Report(new TransferProgress(destination.Familiar, TransferPhase.Resolving, 0, null));
        return new RegistryClient(destination.Registry, push.Credential ?? await DockerCredentials.FindAsync(destination, ct), push.Trust, options.Registry);
    }

    // What a manifest names is there before it is.
    private async Task<PublishedImage> PushContentAsync(
        RegistryClient client, Image image, ImageReference destination, bool hasManifest, long? chunkSize, IProgress<TransferProgress>? progress, string what, CancellationToken ct)
    {
        byte[] manifest = content.TryRead(image.Digest, RegistryClient.MaxManifestSize, verify: true) ?? throw Missing(image, image.Digest);

        // A layer that may not be passed on names the place that has it.
        var blobs = image.Manifest.Layers.Append(image.Manifest.Config).DistinctBy(static b => b.Digest)
            .Where(b => b.Urls is not { Count: > 0 } || content.Contains(b.Digest, b.Size)).ToList();
        var outcomes = await PushBlobsAsync(client, image, destination, blobs, chunkSize, progress, ct);
        if (!hasManifest)
        {
            await client.PutManifestAsync(destination, manifest, image.Descriptor.MediaType, image.Digest, what, ct);
        }

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
            var upload = new BlobUpload(client, destination, blob, offset => Open(image, blob.Digest, offset))
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

    private FileStream Open(Image image, Digest digest, long offset)
    {
        var blob = content.TryOpen(digest) ?? throw Missing(image, digest);
        blob.Seek(offset, SeekOrigin.Begin);
        return blob;
    }

    private ContainerToolsException Missing(Image image, Digest digest) => new("ImageContentMissing", ErrorKind.InvalidData,
        $"Image '{image}' is damaged: blob {digest.ShortHex} is missing from '{content.Directory}'. Pull or import it again.", image);
}
