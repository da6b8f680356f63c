using System.Text.Json;
using ContainerTools.Core.Registry;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>
/// Copies what a name stands for from one registry to another, byte for byte, so that all digests stay: an image, an index with all its images, an
/// artifact. Nothing is kept here; blobs stream through.
/// </summary>
public sealed class ImageCopier(ImageStoreOptions? options = null)
{
    private const int MaxDepth = 4;

    private readonly ImageStoreOptions options = options ?? new ImageStoreOptions();

    /// <summary>Copies an image. What the other registry has is not sent again, and within one registry blobs are only given to the other repository.</summary>
    /// <param name="source">The image.</param>
    /// <param name="destination">The name of the copy.</param>
    /// <param name="copy">How to copy.</param>
    /// <param name="progress">Told of each blob's progress, on any thread.</param>
    /// <param name="ct">Cancels; the name of the copy then still names what it named.</param>
    /// <exception cref="ContainerToolsException">Any of the errors of registries and manifests.</exception>
    public async Task<PublishedImage> CopyAsync(ImageReference source, ImageReference destination, CopyOptions copy, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(copy);
        string what = $"'{source.Familiar}' could not be copied to '{destination.Familiar}'";
        progress?.Report(new TransferProgress(destination.Familiar, TransferPhase.Resolving, 0, null));
        using var from = new RegistryClient(source.Registry, copy.SourceCredential ?? await DockerCredentials.FindAsync(source, ct), copy.Trust, options.Registry);
        using var to = new RegistryClient(destination.Registry, copy.Credential ?? await DockerCredentials.FindAsync(destination, ct), copy.Trust, options.Registry);
        var found = await from.GetManifestAsync(source, ct);
        for (int depth = 0; copy.Platform is { } platform && MediaTypes.IsIndex(found.MediaType) && depth < MaxDepth; depth++)
        {
            var chosen = ManifestReader.Select(ManifestReader.ReadIndex(found.Bytes, what, source), platform, what, source);
            found = await from.GetManifestAsync(source.WithDigest(chosen.Digest), ct);
        }

        if (destination.Digest is { } pinned && pinned != found.Digest)
        {
            throw new ContainerToolsException("PublishDigestMismatch", ErrorKind.InvalidArgument,
                $"{what}: the image's digest is {found.Digest}, not {pinned}. Give a destination with a tag instead.", destination);
        }

        var work = new Work(from, to, source, destination, options.MaxParallelLayers, progress, what);
        await work.CopyAsync(destination, found, 0, ct);
        progress?.Report(new TransferProgress(destination.Familiar, TransferPhase.Done, 0, null));
        return new PublishedImage(destination, found.Digest, found.MediaType) { Size = work.Size, SentSize = work.Sent, MountedSize = work.Mounted };
    }

    private sealed class Work(
        RegistryClient from, RegistryClient to, ImageReference source, ImageReference destination, int parallel, IProgress<TransferProgress>? progress, string what)
    {
        private readonly HashSet<Digest> done = [];
        private long sent;
        private long mounted;

        internal long Size { get; private set; }

        internal long Sent => sent;

        internal long Mounted => mounted;

        // What a manifest or index names is there before it is.
        internal async Task CopyAsync(ImageReference name, RegistryManifest found, int depth, CancellationToken ct)
        {
            // The first question also gets the token that all that follows is sent with.
            var present = await to.FindManifestAsync(name, what, ct);
            if (MediaTypes.IsIndex(found.MediaType))
            {
                if (depth == MaxDepth)
                {
                    throw new ContainerToolsException("ManifestInvalid", ErrorKind.InvalidData, $"{what}: its indexes are nested more than {MaxDepth} deep.", source);
                }

                foreach (var entry in ManifestReader.ReadIndex(found.Bytes, what, source).Manifests.Where(e => done.Add(e.Digest)))
                {
                    await CopyAsync(destination.WithDigest(entry.Digest), await from.GetManifestAsync(source.WithDigest(entry.Digest), ct), depth + 1, ct);
                }
            }
            else
            {
                await CopyBlobsAsync(found, ct);
            }

            if (present != found.Digest)
            {
                await to.PutManifestAsync(name, found.Bytes, found.MediaType, found.Digest, what, ct);
            }
        }

        private async Task CopyBlobsAsync(RegistryManifest found, CancellationToken ct)
        {
            // Layers that may not be passed on name the place that has them.
            var blobs = Read(found).Where(b => b.Urls is not { Count: > 0 } && done.Add(b.Digest)).ToList();
            Size += blobs.Sum(static b => b.Size);
            IReadOnlyList<string> repositories = source.Registry == destination.Registry && source.Repository != destination.Repository ? [source.Repository] : [];
            await Parallel.ForEachAsync(blobs, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = ct }, async (blob, token) =>
            {
                var upload = new BlobUpload(to, destination, blob, offset => from.OpenBlob(source, blob, token, offset))
                {
                    Source = $"registry '{from.Registry}'",
                    Report = bytes => progress?.Report(new TransferProgress(blob.Digest.ShortHex, TransferPhase.Uploading, bytes, blob.Size)),
                };
                var outcome = await upload.RunAsync(repositories, token);
                Interlocked.Add(ref sent, outcome == BlobUploadOutcome.Uploaded ? blob.Size : 0);
                Interlocked.Add(ref mounted, outcome == BlobUploadOutcome.Mounted ? blob.Size : 0);
                var phase = outcome == BlobUploadOutcome.Uploaded ? TransferPhase.Done : TransferPhase.Exists;
                progress?.Report(new TransferProgress(blob.Digest.ShortHex, phase, blob.Size, blob.Size));
            });
        }

        // Whatever it is of: an artifact is copied as an image is.
        private List<Descriptor> Read(RegistryManifest found)
        {
            try
            {
                var manifest = JsonSerializer.Deserialize(found.Bytes, OciJson.Default.ImageManifest);
                return manifest?.Config is null || manifest.Layers.Any(static l => l is null || l.Size < 0) || manifest.Config.Size < 0
                    ? throw new JsonException("It has no configuration, or impossible sizes.")
                    : [.. manifest.Layers.Append(manifest.Config)];
            }
            catch (JsonException e)
            {
                throw new ContainerToolsException("ManifestInvalid", ErrorKind.InvalidData, $"{what}: its manifest is not valid: {e.Message}", source, e);
            }
        }
    }
}
