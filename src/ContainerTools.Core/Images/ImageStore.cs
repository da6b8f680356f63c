using ContainerTools.Core.Archives;
using ContainerTools.Core.Content;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Events;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>
/// The images of a store: pulls, finds, names, removes, imports and exports them. Objects of any number of processes may work on one store at once.
/// Safe for use by several threads.
/// </summary>
public sealed partial class ImageStore
{
    private readonly StorePaths paths;
    private readonly ImageStoreOptions options;
    private readonly ContentStore content;
    private readonly LayerStore layers;
    private readonly ImageCatalog catalog;
    private readonly ImageCollector collector;

    // Only asked what there is; it starts nothing here.
    private readonly ContainerManager containers;

    /// <summary>Opens the images of a store; nothing is read or created yet.</summary>
    public ImageStore(StorePaths paths, ImageStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        this.paths = paths;
        this.options = options ?? new ImageStoreOptions();
        content = new ContentStore(paths);
        layers = new LayerStore(paths);
        catalog = new ImageCatalog(content);
        containers = new ContainerManager(paths, "ctrun");
        collector = new ImageCollector(paths, content, layers, containers);
    }

    /// <summary>All images, by name; one that has several names is there once for each.</summary>
    public IReadOnlyList<Image> List() => catalog.List();

    /// <summary>
    /// The images of a name, id, prefix of an id (two digits or more), digest of the manifest or index, or wildcard pattern; empty when there is none.
    /// A name goes before an id; an image found by id is there once for each of its names.
    /// </summary>
    public IReadOnlyList<Image> Find(string nameIdOrWildcard)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameIdOrWildcard);
        return catalog.Find(nameIdOrWildcard);
    }

    /// <summary>The one image of a name, id, prefix of an id, or digest.</summary>
    /// <exception cref="ContainerToolsException"><c>ImageNotFound</c>, <c>ImageAmbiguous</c>, <c>ImageDamaged</c>.</exception>
    public Image Get(string nameOrIdOrDigest)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrIdOrDigest);
        return catalog.Get(nameOrIdOrDigest);
    }

    /// <summary>Gives an image one more name. A name that another image has moves; that image stays under its other names, or without one.</summary>
    /// <returns>The image under the new name.</returns>
    /// <exception cref="ContainerToolsException"><c>ImageNotFound</c>: the image has been removed; <c>ImageReferenceInvalid</c>: a name with a digest.</exception>
    public Image Tag(Image image, ImageReference newReference)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(newReference);
        if (newReference.Digest is not null)
        {
            throw new ContainerToolsException("ImageReferenceInvalid", ErrorKind.InvalidArgument, $"'{newReference.Familiar}' has a digest; a new name can only have a tag.", newReference);
        }

        using (content.Lock(CancellationToken.None))
        {
            if (!content.ReadIndex().Manifests.Any(e => e.Digest == image.Digest))
            {
                throw catalog.NotFound(image.ToString());
            }

            var entry = ImageAnnotations.Rename(image.Descriptor, newReference);
            catalog.Add(entry);
            var named = new Image(entry, newReference, image.Manifest, image.Config);
            Record(ContainerEventAction.Tag, named);
            return named;
        }
    }

    /// <summary>
    /// Removes an image's name. With its last name the image goes, and every blob and layer that no other image, container, pull or import needs.
    /// </summary>
    /// <param name="image">The image, under the name to remove.</param>
    /// <param name="force">
    /// Remove the image also when containers were made from it: they keep their layers and go on working, and the layers are freed when the
    /// containers and then another image are removed.
    /// </param>
    /// <param name="ct">Cancels the waiting for the store's lock.</param>
    /// <exception cref="ContainerToolsException"><c>ImageInUse</c>: a container was made from it; <c>ImageNotFound</c>: it is gone already.</exception>
    public ImageRemovalResult Remove(Image image, bool force, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var guard = content.Lock(ct);
        if (!force && catalog.List().Count(i => i.Id == image.Id) <= 1)
        {
            var users = containers.List().Where(u => u.ImageId == image.Id).Select(static u => u.Name).ToList();
            if (users.Count > 0)
            {
                throw new ContainerToolsException("ImageInUse", ErrorKind.InUse,
                    $"Image '{image}' is used by {(users.Count == 1 ? "container" : $"{users.Count} containers,")} {string.Join(", ", users.Take(5))}{(users.Count > 5 ? ", ..." : "")}."
                    + " Remove the containers first, or use -Force: the containers then keep their layers.", image);
            }
        }

        bool remains = catalog.Remove(image);
        Record(remains ? ContainerEventAction.Untag : ContainerEventAction.Remove, image);
        var (removedLayers, removedBlobs, freed) = collector.Collect(keepsCopies: true, ct);
        return new ImageRemovalResult(image.Reference, !remains, removedLayers, removedBlobs, freed);
    }

    /// <summary>Deletes what nothing needs: remains of pulls that failed or were killed, layers of forcibly removed images.</summary>
    /// <returns>What was deleted.</returns>
    public ImageRemovalResult Collect(CancellationToken ct)
    {
        using var guard = content.Lock(ct);
        var (removedLayers, removedBlobs, freed) = collector.Collect(keepsCopies: false, ct);
        return new ImageRemovalResult(null, false, removedLayers, removedBlobs, freed);
    }

    /// <summary>
    /// Imports the images of an archive: an OCI image layout in a tar, or what <c>docker save</c> writes, plain or compressed by gzip, bzip2, xz or zstd. Either
    /// all its images are there afterwards, or none.
    /// </summary>
    /// <returns>The images, once for each of their names.</returns>
    /// <exception cref="ContainerToolsException">
    /// <c>ArchiveNotFound</c>, <c>ArchiveInvalid</c>, <c>ArchiveNotImage</c>, <c>ArchiveIncomplete</c>, <c>ArchiveDigestMismatch</c>,
    /// <c>ArchiveHasSeveralImages</c>, and those of manifests and layers.
    /// </exception>
    public async Task<IReadOnlyList<Image>> ImportAsync(string path, ImportOptions options, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        var images = await new ArchiveImporter(paths, content, layers, catalog, collector, this.options).ImportAsync(path, options, progress, ct);
        foreach (var image in images)
        {
            Record(ContainerEventAction.Import, image);
        }

        return images;
    }

    /// <summary>Writes images into one archive. An existing file is replaced when the new one is complete.</summary>
    /// <exception cref="ContainerToolsException"><c>ImageContentMissing</c>, <c>ContentDamaged</c>, <c>ArchiveWriteFailed</c>, <c>StorageFull</c>, <c>ImageNotFound</c>.</exception>
    public async Task ExportAsync(IReadOnlyList<Image> images, string path, ExportFormat format, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var holds = new List<IDisposable>();
        try
        {
            foreach (var image in images)
            {
                holds.Add(Hold(image, ct));
            }

            await Task.Run(() => new ArchiveExporter(content).Export(images, path, format, progress, ct), ct);
        }
        finally
        {
            holds.ForEach(static h => h.Dispose());
        }
    }

    /// <summary>
    /// Keeps an image's layers and blobs from being collected until the result is disposed: between looking at an image and having a container that names
    /// its layers.
    /// </summary>
    /// <exception cref="ContainerToolsException"><c>ImageNotFound</c>: the image has been removed.</exception>
    public IDisposable Hold(Image image, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(image);
        content.EnsureCreated();
        var lease = Lease.Create(paths, ct);
        try
        {
            foreach (string key in LayerKeys.OfLayers(image.Layers).Concat(image.Manifest.Layers.Append(image.Manifest.Config).Append(image.Descriptor).Select(static d => LayerKeys.OfBlob(d.Digest))))
            {
                lease.Add(key, ct);
            }

            return content.ReadIndex().Manifests.Any(e => e.Digest == image.Digest) ? lease : throw catalog.NotFound(image.ToString());
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>What is known of an image's layers, the base first.</summary>
    public IReadOnlyList<ImageLayer> GetLayers(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var others = catalog.List().Where(i => i.Id != image.Id).ToList();
        var steps = image.Config.History.Where(static h => !h.EmptyLayer).ToList();
        var result = new List<ImageLayer>();
        for (int i = 0; i < image.Layers.Count; i++)
        {
            var diffId = image.Layers[i];
            var unpacked = layers.Find([.. image.Layers.Take(i + 1)]);

            // A history need not be there; one that is tells of every layer.
            var step = steps.Count == image.Layers.Count ? steps[i] : null;
            result.Add(new ImageLayer(image.ToString(), i + 1, diffId, image.Manifest.Layers[i])
            {
                Size = unpacked?.Size,
                Path = unpacked?.Path,
                Created = step?.Created,
                CreatedBy = step?.CreatedBy,
                SharedWith = [.. others.Where(o => o.Layers.Contains(diffId)).Select(static o => o.ToString())],
            });
        }

        return result;
    }

    /// <summary>The image's unpacked layers, the base first. Missing ones are unpacked again from their blobs.</summary>
    /// <exception cref="ContainerToolsException"><c>ImageContentMissing</c>: a blob that is needed is missing; those of layers.</exception>
    public IReadOnlyList<Layer> EnsureLayers(Image image, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (TryResolve(image.Layers) is { } present)
        {
            return present;
        }

        content.EnsureCreated();
        using var lease = Lease.Create(paths, ct);
        var installer = new LayerInstaller(content, layers, lease, options.MaxParallelLayers)
        {
            KeepBlobs = false,
            OpenMissingBlob = (descriptor, _) => throw new ContainerToolsException("ImageContentMissing", ErrorKind.InvalidData,
                $"Image '{image}' is damaged: layer {descriptor.Digest.ShortHex} is missing from '{content.Directory}'. Pull or import it again.", image),
        };
        return Task.Run(() => installer.InstallAsync(image.ToString(), image.Manifest, image.Config, ct), ct).GetAwaiter().GetResult();
    }

    private void Record(ContainerEventAction action, Image image) => EventLog.Add(paths.Root, ContainerEventType.Image, action, image.Id, image.ToString());

    private List<Layer>? TryResolve(IReadOnlyList<Digest> diffIds)
    {
        var found = new List<Layer>(diffIds.Count);
        for (int i = 1; i <= diffIds.Count; i++)
        {
            if (layers.Find([.. diffIds.Take(i)]) is not { } layer)
            {
                return null;
            }

            found.Add(layer);
        }

        return found;
    }
}
