using System.Globalization;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux;

namespace ContainerTools.Engine.Containers;

/// <content>A container's root file system as a whole.</content>
public sealed partial class ContainerManager
{
    // What every container has mounted, whatever its image.
    private static readonly string[] s_mountPoints = ["/proc", "/sys", "/dev", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

    /// <summary>What in a container's root file system is not as in its image. Volumes and other mounts are no part of it.</summary>
    /// <param name="container">The container, running or not.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    /// <returns>The changes by path, a directory before what is in it.</returns>
    /// <exception cref="ContainerToolsException">ContainerNotFound, ComparisonFailed.</exception>
    public Task<IReadOnlyList<FileChange>> CompareAsync(Container container, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        return OnOwnThread(() =>
        {
            var configuration = Refresh(container).Configuration;
            if (UserSession.IsNeeded)
            {
                List<FileChange> changes = [];
                SessionWorker.Run(_paths, SessionOperations.Compare, [configuration.Id], cancellationToken, line => changes.Add(FileChangeFormat.Read(line, container)));
                return changes;
            }
            try
            {
                return (IReadOnlyList<FileChange>)[.. Compare(configuration, cancellationToken).Changes.Select(c => FileChanges.From(container, c)).OfType<FileChange>()];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw ContainerToolsException.FromIO(e, "ComparisonFailed", $"The container '{container.Name}' could not be compared with its image", container.Name);
            }
        }, cancellationToken);
    }

    /// <summary>
    /// Writes a container's root file system as a tar archive. Volumes and other mounts are no part of it. The file appears under its name when it is complete, and only its
    /// owner may read it.
    /// </summary>
    /// <param name="container">The container, running or not.</param>
    /// <param name="path">The archive; an existing file is replaced.</param>
    /// <param name="progress">Told how many bytes of content were written.</param>
    /// <param name="cancellationToken">Ends the export; nothing is left of it.</param>
    /// <exception cref="ContainerToolsException">ContainerNotFound, DestinationNotFound, ContainerExportFailed, StorageFull.</exception>
    public Task ExportAsync(Container container, string path, Action<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return OnOwnThread(() =>
        {
            var configuration = Refresh(container).Configuration;
            path = Path.GetFullPath(path);
            string parent = Path.GetDirectoryName(path) ?? "/";
            if (!Directory.Exists(parent))
                throw new ContainerToolsException("DestinationNotFound", ErrorKind.NotFound, $"The container '{container.Name}' cannot be exported to '{path}': there is no directory '{parent}'. Make it first.", path);
            if (UserSession.IsNeeded)
            {
                SessionWorker.Run(_paths, SessionOperations.Export, [configuration.Id, path], cancellationToken, line => progress?.Invoke(long.Parse(line, CultureInfo.InvariantCulture)));
                return true;
            }
            string temporary = Path.Combine(parent, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
            try
            {
                using var root = OpenForReading(configuration);
                var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 1 << 20, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
                using (var file = new FileStream(temporary, options))
                {
                    using (var writer = new TarWriter(file))
                    {
                        new TreeArchive(new EntryArchive(writer, null, progress, cancellationToken) { Ids = IdMapping.OfChangedOwners(configuration.IdRange) }, null, cancellationToken).Write(root);
                        writer.Finish();
                    }
                    file.Flush(flushToDisk: true);
                }
                File.Move(temporary, path, overwrite: true);
                return true;
            }
            catch (Exception e)
            {
                if (File.Exists(temporary))
                    File.Delete(temporary);
                if (e is IOException or UnauthorizedAccessException)
                    throw ContainerToolsException.FromIO(e, "ContainerExportFailed", $"The container '{container.Name}' could not be exported to '{path}'", container.Name);
                throw;
            }
        }, cancellationToken);
    }

    /// <summary>
    /// Writes what a container's writable layer changes in its image as an image layer: applied to the image's layers it gives what the container has. Volumes and other mounts are
    /// no part of it. The same files give the same bytes. A running container should be suspended meanwhile.
    /// </summary>
    /// <param name="container">The container, running or not.</param>
    /// <param name="output">Takes the tar; it stays open.</param>
    /// <param name="options">How to write it.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>How many entries the layer has; 0 when the container has changed nothing.</returns>
    /// <exception cref="ContainerToolsException">ContainerNotFound, LayerNameReserved, LayerReadFailed.</exception>
    public Task<long> WriteLayerAsync(Container container, Stream output, LayerOutput options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(options);
        return OnOwnThread(() =>
        {
            var configuration = Refresh(container).Configuration;
            if (UserSession.IsNeeded)
                return WriteLayerByWorker(configuration, output, options, cancellationToken);
            return Reading(container, () =>
            {
                if (!options.WholeTree)
                    return Compare(configuration, cancellationToken).Write(output, options, cancellationToken);
                using var writer = new TarWriter(output);
                var entries = new EntryArchive(writer, options.LatestTime, options.Progress, cancellationToken) { Ids = IdMapping.OfChangedOwners(configuration.IdRange) };
                WriteTree(configuration, entries, Compare(configuration, cancellationToken).MountedOn, cancellationToken);
                writer.Finish();
                return entries.Count;
            });
        }, cancellationToken);
    }

    /// <summary>Compares the writable layer of a container that has ended with its image.</summary>
    /// <returns>Null where only a process with the user's ids can read it.</returns>
    /// <exception cref="ContainerToolsException">ContainerNotFound, LayerReadFailed.</exception>
    public Task<WritableLayer?> OpenLayerAsync(Container container, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        return OnOwnThread<WritableLayer?>(
            () => UserSession.IsNeeded ? null : Reading(container, () => Compare(Refresh(container).Configuration, cancellationToken)), cancellationToken);
    }

    /// <summary>Writes the tar of a layer that was opened: see <see cref="WriteLayerAsync(Container, Stream, LayerOutput, CancellationToken)"/>.</summary>
    /// <returns>How many entries it has.</returns>
    /// <exception cref="ContainerToolsException">LayerNameReserved, LayerReadFailed.</exception>
    public static Task<long> WriteLayerAsync(Container container, WritableLayer layer, Stream output, LayerOutput options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(options);
        return OnOwnThread(() => Reading(container, () => layer.Write(output, options, cancellationToken)), cancellationToken);
    }

    private static T Reading<T>(Container container, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is LinuxException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "LayerReadFailed", $"The files of the container '{container.Name}' could not be read", container.Name);
        }
    }

    private long WriteLayerByWorker(ContainerConfiguration configuration, Stream output, LayerOutput options, CancellationToken cancellationToken)
    {
        string time = options.LatestTime is { } latest ? string.Create(CultureInfo.InvariantCulture, $"{latest.Seconds}.{latest.Nanoseconds}") : "";
        using var worker = SessionWorker.Start(_paths, SessionOperations.Layer, [configuration.Id, options.WholeTree ? "tree" : "changes", time], cancellationToken, SessionStream.FromWorker);
        byte[] buffer = new byte[1 << 18];
        long written = 0;
        int count;
        while ((count = worker.Data.Read(buffer)) > 0)
        {
            output.Write(buffer, 0, count);
            options.Progress?.Invoke(written += count);
        }
        using var reader = new StreamReader(worker.Output, leaveOpen: true);
        string? entries = reader.ReadLine();
        worker.Finish();
        return long.Parse(entries!, CultureInfo.InvariantCulture);
    }

    private static void WriteTree(ContainerConfiguration configuration, EntryArchive entries, IReadOnlyList<byte[]> leaveOut, CancellationToken cancellationToken)
    {
        using var root = OpenForReading(configuration);
        entries.WriteRoot(root);
        var left = leaveOut.ToHashSet(BytesComparer.Instance);
        new TreeArchive(entries, left.Contains, cancellationToken).Write(root);
    }

    private static WritableLayer Compare(ContainerConfiguration configuration, CancellationToken cancellationToken)
    {
        using var layer = LocalDirectory.Open(configuration.UpperPath);
        using var image = configuration.LayerPaths.Count == 0 ? null : LocalDirectory.OfLayers(configuration.LayerPaths);
        var mountPoints = s_mountPoints.Concat(configuration.Mounts.Select(m => m.Destination)).ToHashSet(StringComparer.Ordinal);
        var comparison = new LayerComparison(mountPoints, cancellationToken);
        return new WritableLayer(configuration.UpperPath, comparison.Compare(layer.Descriptor, image?.Descriptor ?? -1), comparison, IdMapping.OfChangedOwners(configuration.IdRange));
    }

    // The writable layer read as one more read-only one: the same view for a container that runs, without what is mounted in it.
    private static LocalDirectory OpenForReading(ContainerConfiguration configuration) => LocalDirectory.OfLayers([.. configuration.LayerPaths, configuration.UpperPath]);
}
