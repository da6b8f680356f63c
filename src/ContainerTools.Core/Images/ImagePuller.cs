using ContainerTools.Core.Content;
using ContainerTools.Core.Registry;
using ContainerTools.Engine;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>Pulls one image from its registry.</summary>
internal sealed class ImagePuller(StorePaths paths, ContentStore content, LayerStore layers, ImageCatalog catalog, ImageStoreOptions options)
{
    internal async Task<Image> PullAsync(ImageReference reference, PullOptions pull, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        string name = reference.Familiar;
        string what = $"'{name}' could not be pulled";
        progress?.Report(new TransferProgress(name, TransferPhase.Resolving, 0, null));

        var credential = pull.Credential ?? await DockerCredentials.FindAsync(reference, ct);
        using var client = new RegistryClient(reference.Registry, credential, pull.Trust, options.Registry);
        var (found, indexDigest) = await ResolveAsync(client, reference, pull.Platform, what, ct);
        var manifest = ManifestReader.ReadManifest(found.Bytes, what, reference);
        var manifestDescriptor = new Descriptor { MediaType = found.MediaType, Digest = found.Digest, Size = found.Bytes.Length };

        content.EnsureCreated();
        using var lease = Lease.Create(paths, ct);
        lease.Add(LayerKeys.OfBlob(found.Digest), ct);
        lease.Add(LayerKeys.OfBlob(manifest.Config.Digest), ct);

        byte[] configBytes = content.Contains(manifest.Config.Digest, manifest.Config.Size) && content.TryRead(manifest.Config.Digest, RegistryClient.MaxManifestSize) is { } known
            && Hashing.Matches(known, manifest.Config.Digest) ? known : await client.ReadBlobAsync(reference, manifest.Config, RegistryClient.MaxManifestSize, what, ct);
        var config = ManifestReader.ReadConfig(configBytes, manifest, what, reference);

        var installer = new LayerInstaller(content, layers, lease, options.MaxParallelLayers)
        {
            OpenMissingBlob = (descriptor, token) => client.OpenBlob(reference, descriptor, token),
            Progress = progress,
        };
        var installed = await installer.InstallAsync(name, manifest, config, ct);

        // What is named is durable before what names it: layers and their blobs, then the config, the manifest, and at last the index.
        content.PutIfMissing(configBytes, manifest.Config.Digest);
        content.PutIfMissing(found.Bytes, found.Digest);
        var entry = ImageAnnotations.Describe(manifestDescriptor, NameOf(reference), config, installed.Sum(static l => l.Size), indexDigest);
        using (content.Lock(ct))
        {
            catalog.Add(entry);
        }

        progress?.Report(new TransferProgress(name, TransferPhase.Done, 0, null));
        return new Image(entry, NameOf(reference), manifest, config);
    }

    /// <summary>Looks at an image in its registry, and fetches nothing but its manifest and configuration.</summary>
    internal static async Task<Image> ResolveAsync(RegistryClient client, ImageReference reference, Platform platform, CancellationToken ct)
    {
        string what = $"'{reference.Familiar}' could not be found";
        var (found, indexDigest) = await ResolveAsync(client, reference, platform, what, ct);
        var manifest = ManifestReader.ReadManifest(found.Bytes, what, reference);
        var config = ManifestReader.ReadConfig(await client.ReadBlobAsync(reference, manifest.Config, RegistryClient.MaxManifestSize, what, ct), manifest, what, reference);
        var descriptor = new Descriptor { MediaType = found.MediaType, Digest = found.Digest, Size = found.Bytes.Length };
        return new Image(ImageAnnotations.Describe(descriptor, NameOf(reference), config, 0, indexDigest), NameOf(reference), manifest, config);
    }

    // A digest pins what was pulled, whatever tag was written beside it; so the tag is not claimed.
    private static ImageReference NameOf(ImageReference reference) => reference.Digest is { } digest ? reference.WithDigest(digest) : reference;

    private static async Task<(RegistryManifest Manifest, Digest? IndexDigest)> ResolveAsync(
        RegistryClient client, ImageReference reference, Platform? platform, string what, CancellationToken ct)
    {
        const int maxDepth = 3;
        var found = await client.GetManifestAsync(reference, ct);
        Digest? indexDigest = null;
        for (int depth = 0; MediaTypes.IsIndex(found.MediaType); depth++)
        {
            if (depth == maxDepth)
            {
                throw new ContainerToolsException("ManifestInvalid", ErrorKind.InvalidData, $"{what}: its indexes are nested more than {maxDepth} deep.", reference);
            }

            indexDigest ??= found.Digest;
            var chosen = ManifestReader.Select(ManifestReader.ReadIndex(found.Bytes, what, reference), platform ?? Platform.Current, what, reference);
            found = await client.GetManifestAsync(reference.WithDigest(chosen.Digest), ct);
        }

        return (found, indexDigest);
    }
}
