using ContainerTools.Core.Archives;
using ContainerTools.Core.Content;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Events;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Store;
using ContainerTools.Linux.Files;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>Makes images of containers, directories and archives of files.</summary>
public sealed class ImageMaker
{
    private readonly StorePaths paths;
    private readonly ContainerManager containers;
    private readonly ContentStore content;
    private readonly LayerStore layers;
    private readonly ImageCatalog catalog;

    /// <summary>Makes images in a store.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="containers">The store's containers.</param>
    public ImageMaker(StorePaths paths, ContainerManager containers)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(containers);
        this.paths = paths;
        this.containers = containers;
        content = new ContentStore(paths);
        layers = new LayerStore(paths);
        catalog = new ImageCatalog(content);
    }

    /// <summary>
    /// Makes an image of a container: its image's layers, and what it has changed as one layer on top. Its configuration is its image's, with the changes
    /// asked for. A running container is suspended meanwhile.
    /// </summary>
    /// <exception cref="ContainerToolsException">
    /// <c>BaseImageRemoved</c>: the container's image is gone, so its layers' blobs are; <c>ContainerNotFound</c>; those of <see cref="ImageChanges.Apply"/>;
    /// <c>LayerReadFailed</c>, <c>LayerNameReserved</c>, <c>StorageFull</c>.
    /// </exception>
    public async Task<Image> FromContainerAsync(Container container, NewImageOptions options, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(options);
        content.EnsureCreated();
        using var lease = Lease.Create(paths, ct);
        var parent = FindBase(container, options, lease, ct);
        var baseConfig = parent?.Config ?? new ImageConfig { Os = Platform.Current.Os, Architecture = Platform.Current.Architecture, Variant = Platform.Current.Variant };
        var config = options.Changes.Apply(baseConfig);
        if (options.Squash)
        {
            config = config with { RootFs = new ImageRootFs(), History = [] };
        }

        // What is written while files are read would be torn; one that somebody else has suspended stays so.
        bool suspended = containers.Refresh(container).State is ContainerState.Running && ContainerManager.CanSuspend(container);
        if (suspended)
        {
            containers.Suspend(container);
        }

        BuiltLayer? layer;
        try
        {
            layer = await new LayerBuilder(content, layers, lease).BuildAsync(
                (output, token) => containers.WriteLayerAsync(container, output, Output(options, container.Name, progress) with { WholeTree = options.Squash }, token), config.RootFs.DiffIds, ct);
        }
        finally
        {
            if (suspended)
            {
                Resume(container);
            }
        }

        string command = string.Join(' ', container.Command);
        return Save(config, options.Squash ? [] : parent!.Manifest.Layers, layer, options, command, lease, ct);
    }

    /// <summary>Makes an image of one layer: of a directory, which becomes the root directory, or of a tar archive of a root file system, plain or compressed.</summary>
    /// <exception cref="ContainerToolsException">
    /// <c>PathNotFound</c>; <c>ArchiveReadFailed</c>, <c>ArchiveCompressionNotSupported</c>, <c>TarInvalid</c> and those of layers; <c>DirectoryReadFailed</c>;
    /// those of <see cref="ImageChanges.Apply"/>; <c>StorageFull</c>.
    /// </exception>
    public async Task<Image> FromPathAsync(string path, NewImageOptions options, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        bool isDirectory = Directory.Exists(path);
        if (!isDirectory && !File.Exists(path))
        {
            throw new ContainerToolsException("PathNotFound", ErrorKind.NotFound, $"There is neither a directory nor a tar archive '{path}'.", path);
        }

        var platform = options.Platform ?? Platform.Current;
        var config = options.Changes.Apply(new ImageConfig { Os = platform.Os, Architecture = platform.Architecture, Variant = platform.Variant });
        content.EnsureCreated();
        using var lease = Lease.Create(paths, ct);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        var output = Output(options, name, progress);
        var layer = await new LayerBuilder(content, layers, lease).BuildAsync(
            (stream, token) => Task.Run(() => isDirectory ? WriteDirectory(path, stream, output, token) : CopyArchive(path, stream, output, token), token), [], ct);
        return Save(config, [], layer, options, $"files of {name}", lease, ct);
    }

    private static LayerOutput Output(NewImageOptions options, string name, IProgress<TransferProgress>? progress) => new()
    {
        LatestTime = options.SourceDate is { } date ? new FileTime(date.ToUnixTimeSeconds(), 0) : null,
        Progress = progress is null ? null : bytes => progress.Report(new TransferProgress(name, TransferPhase.Reading, bytes, null)),
    };

    private static long WriteDirectory(string path, Stream output, LayerOutput options, CancellationToken ct)
    {
        DirectoryLayer.Write(path, output, options, ct);
        return 1;
    }

    private static long CopyArchive(string path, Stream output, LayerOutput options, CancellationToken ct)
    {
        using var file = ArchiveFile.Open(path);
        using var plain = ArchiveFile.Decompress(file);
        byte[] buffer = new byte[256 << 10];
        try
        {
            while (plain.Read(buffer) is > 0 and var count)
            {
                ct.ThrowIfCancellationRequested();
                output.Write(buffer.AsSpan(0, count));
                options.Progress?.Invoke(file.Position);
            }
        }
        catch (InvalidDataException e)
        {
            throw new ContainerToolsException("ArchiveInvalid", ErrorKind.InvalidData, $"'{path}' cannot be decompressed: {e.Message}", path, e);
        }

        return 1;
    }

    private Image? FindBase(Container container, NewImageOptions options, Lease lease, CancellationToken ct)
    {
        if (container.ImageId.Length == 0)
        {
            return null;
        }

        if (catalog.List().FirstOrDefault(i => i.Id == container.ImageId) is not { } image)
        {
            return options.Squash ? null : throw new ContainerToolsException("BaseImageRemoved", ErrorKind.NotFound,
                $"The image '{container.Image}' of the container '{container.Name}' has been removed, so a new one cannot be based on it. Fetch it again, or use -Squash for an image of one layer.", container.Name);
        }

        foreach (string key in LayerKeys.OfLayers(image.Layers).Concat(image.Manifest.Layers.Append(image.Manifest.Config).Select(static d => LayerKeys.OfBlob(d.Digest))))
        {
            lease.Add(key, ct);
        }

        return image;
    }

    private void Resume(Container container)
    {
        try
        {
            containers.Resume(container);
        }
        catch (ContainerToolsException e) when (e.ErrorId is "ContainerNotRunning" or "ContainerNotFound")
        {
            // Somebody has ended it meanwhile; the image is whole nevertheless.
        }
    }

    private Image Save(ImageConfig config, IReadOnlyList<Descriptor> below, BuiltLayer? layer, NewImageOptions options, string createdBy, Lease lease, CancellationToken ct)
    {
        var created = options.SourceDate ?? DateTimeOffset.UtcNow;
        var entry = new ImageHistoryEntry { Created = created, CreatedBy = createdBy, Author = options.Changes.Author, Comment = options.Message, EmptyLayer = layer is null };
        config = config with
        {
            Created = created,
            RootFs = new ImageRootFs { DiffIds = layer is null ? config.RootFs.DiffIds : [.. config.RootFs.DiffIds, layer.DiffId] },
            History = [.. config.History, entry],
        };
        var image = new ImageAssembler(content, layers, catalog, lease).Save(config, layer is null ? below : [.. below, layer.Descriptor], options.Names, ct);
        EventLog.Add(paths.Root, ContainerEventType.Image, ContainerEventAction.Commit, image.Id, image.ToString());
        return image;
    }
}
