using ContainerTools.Core.Content;
using ContainerTools.Core.Images;
using ContainerTools.Engine;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Archives;

/// <summary>Imports the images of an archive: all of them or, when one is not right, none.</summary>
internal sealed class ArchiveImporter(StorePaths paths, ContentStore content, LayerStore layers, ImageCatalog catalog, ImageCollector collector, ImageStoreOptions storeOptions)
{
    internal async Task<IReadOnlyList<Image>> ImportAsync(string path, ImportOptions options, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        path = Path.GetFullPath(path);
        content.EnsureCreated();
        var lease = Lease.Create(paths, ct);
        try
        {
            return await ImportAsync(path, lease, options, progress, ct);
        }
        catch
        {
            // What was read of it leaves no trace.
            lease.Dispose();
            collector.Discard(lease.Keys);
            throw;
        }
        finally
        {
            lease.Dispose();
        }
    }

    private async Task<IReadOnlyList<Image>> ImportAsync(string path, Lease lease, ImportOptions options, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        var archive = new ArchiveContents(content, lease, path);
        await Task.Run(() => archive.Read(progress, ct), ct);
        var images = FindImages(archive, options);

        var installedSizes = new List<long>();
        foreach (var image in images)
        {
            foreach (var layer in image.Manifest.Layers)
            {
                archive.Keep(layer.Digest);
            }

            var installer = new LayerInstaller(content, layers, lease, storeOptions.MaxParallelLayers)
            {
                Progress = progress,
                OpenMissingBlob = (descriptor, _) => throw new ContainerToolsException("ArchiveIncomplete", ErrorKind.InvalidData,
                    $"'{path}' lacks the layer {descriptor.Digest} that its image names, or has it in another size. Nothing was imported.", path),
            };
            var installed = await installer.InstallAsync(Path.GetFileName(path), image.Manifest, image.Config, ct);
            installedSizes.Add(installed.Sum(static l => l.Size));
        }

        return Publish(images, installedSizes, lease, ct);
    }

    private List<ArchivedImage> FindImages(ArchiveContents archive, ImportOptions options)
    {
        // What docker saves since version 25 is both; its index says more.
        var images = OciArchiveReader.Recognizes(archive) ? OciArchiveReader.Read(archive, options.Platform ?? Platform.Current, DockerArchiveReader.ReadNames(archive))
            : DockerArchiveReader.Recognizes(archive) ? DockerArchiveReader.Read(archive, content)
            : throw new ContainerToolsException("ArchiveNotImage", ErrorKind.InvalidData,
                $"'{archive.Path}' has neither index.json nor manifest.json: it is not an archive of images. OCI image layouts and what 'docker save' writes can be imported; of an archive of a root file system New-Image -Path makes an image.", archive.Path);
        if (images.Count == 0)
        {
            throw new ContainerToolsException("ArchiveEmpty", ErrorKind.InvalidData, $"'{archive.Path}' holds no image.", archive.Path);
        }

        if (options.Reference is not { } reference)
        {
            return [.. images];
        }

        return images.Select(static i => i.Descriptor.Digest).Distinct().Count() == 1
            ? [images[0] with { Names = [reference] }]
            : throw new ContainerToolsException("ArchiveHasSeveralImages", ErrorKind.InvalidArgument,
                $"'{archive.Path}' holds {images.Count} images, so '{reference.Familiar}' cannot be the name of one. Import it without a name.", archive.Path);
    }

    private List<Image> Publish(List<ArchivedImage> images, List<long> sizes, Lease lease, CancellationToken ct)
    {
        foreach (var image in images)
        {
            lease.Add(LayerKeys.OfBlob(image.Descriptor.Digest), ct);
            content.PutIfMissing(image.ConfigBytes, image.Manifest.Config.Digest);
            content.PutIfMissing(image.ManifestBytes, image.Descriptor.Digest);
        }

        var result = new List<Image>();
        using var guard = content.Lock(ct);
        foreach (var (image, size) in images.Zip(sizes))
        {
            foreach (var name in image.Names.Cast<ImageReference?>().DefaultIfEmpty(null))
            {
                var entry = ImageAnnotations.Describe(image.Descriptor, name, image.Config, size, image.IndexDigest);
                catalog.Add(entry);
                result.Add(new Image(entry, name, image.Manifest, image.Config));
            }
        }

        return result;
    }
}
