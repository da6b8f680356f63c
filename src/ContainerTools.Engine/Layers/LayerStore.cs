using System.Text.Json;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Oci;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// Unpacked layers, each once however many images share it. A layer that is self-contained is kept under its DiffID; one that leans on what is below it
/// (implied directories, whiteouts, links to lower files) under its ChainID.
/// </summary>
/// <remarks>
/// A layer appears by one rename after its files were synced, and disappears by one rename before they are deleted: what has a proper name is whole.
/// </remarks>
public sealed class LayerStore
{
    internal const string TreeName = "diff";

    private const string DocumentName = "layer.json", StagingPrefix = ".staging-", TrashPrefix = ".trash-";

    // A maker locks its directory a moment after making it; a new one is never touched.
    private static readonly TimeSpan YoungestGarbage = TimeSpan.FromMinutes(1);

    private readonly StorePaths paths;

    /// <summary>The layers of a store.</summary>
    /// <param name="paths">The store.</param>
    public LayerStore(StorePaths paths) => this.paths = paths;

    /// <summary>Unpacks a layer's tar beside the store, in one pass; the layers below need not be there yet.</summary>
    /// <param name="plainTar">The uncompressed tar; it is read to its end.</param>
    /// <param name="ct">Ends the work; nothing is left of it.</param>
    /// <exception cref="ContainerToolsException">
    /// TarInvalid, LayerEntryUnsafe: the archive is damaged or hostile. StorageFull, LayerUnpackFailed: it cannot be written. Nothing is left of it.
    /// </exception>
    public StagedLayer Unpack(Stream plainTar, CancellationToken ct)
    {
        CollectGarbage();
        var staged = new StagedLayer(Path.Combine(paths.Layers, StagingPrefix + Guid.NewGuid().ToString("N")));
        try
        {
            using var tree = new LayerTree(staged);
            new LayerUnpacker(staged, tree, new TarReader(plainTar)).Run(ct);
            return staged;
        }
        catch (LinuxException e)
        {
            staged.Dispose();
            throw ContainerToolsException.FromIO(e, "LayerUnpackFailed", "The layer could not be unpacked");
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    /// <summary>Finishes a staged layer and gives it its name. If another shell was faster, its layer is taken and this one thrown away.</summary>
    /// <param name="staged">The layer.</param>
    /// <param name="diffId">Its DiffID, verified by the caller.</param>
    /// <param name="parentDiffIds">The DiffIDs of the layers below, bottom first; they are in the store.</param>
    /// <exception cref="ContainerToolsException">LayerNotFound: a layer below is missing. LayerEntryUnsafe, StorageFull, LayerUnpackFailed as for <see cref="Unpack"/>.</exception>
    public Layer Commit(StagedLayer staged, Digest diffId, IReadOnlyList<Digest> parentDiffIds)
    {
        try
        {
            var parents = Resolve(parentDiffIds);
            var leans = staged.Leans || (staged.Directories[""].Implied && parents.Count > 0 && !HasDefaultRoot(parents[^1].Path));
            var key = (leans ? ChainId.Of([.. parentDiffIds, diffId]) : diffId).Hex;
            if (Read(key) is { } existing)
                return existing;
            using (var tree = new LayerTree(staged))
            {
                var finisher = new LayerFinisher(staged, tree);
                if (leans)
                    finisher.Settle([.. parents.Reverse().Select(layer => layer.Path)]);
                finisher.DescribeDirectories();
                // One call for all files: data first, then the document that vouches for it, then the name.
                LinuxException.ThrowIfFailed(FileCalls.SyncFileSystem(tree.Root), "syncfs", staged.Directory);
            }
            AtomicFile.Write(Path.Combine(staged.Directory, DocumentName),
                JsonSerializer.SerializeToUtf8Bytes(new LayerDocument { DiffId = diffId.ToString(), Size = staged.Size }, LayerJsonContext.Default.LayerDocument));
            var target = Path.Combine(paths.Layers, key);
            if (!TryRename(staged.Directory, target))
                return Read(key) ?? throw new ContainerToolsException("LayerStoreInvalid", ErrorKind.InvalidData, $"'{target}' exists but is no layer: remove it and try again.", target);
            staged.Committed = true;
            AtomicFile.SyncDirectory(paths.Layers);
            return Read(key)!;
        }
        catch (LinuxException e)
        {
            throw ContainerToolsException.FromIO(e, "LayerUnpackFailed", $"Layer {diffId} could not be unpacked", diffId);
        }
        finally
        {
            staged.Dispose();
        }
    }

    /// <summary>A layer in the store.</summary>
    /// <param name="diffIdsUpToThis">The DiffIDs of the layers below it, bottom first, and its own.</param>
    /// <returns>The layer, or null where it is not unpacked.</returns>
    public Layer? Find(IReadOnlyList<Digest> diffIdsUpToThis) => Read(diffIdsUpToThis[^1].Hex) ?? Read(ChainId.Of(diffIdsUpToThis).Hex);

    /// <summary>The layers of an image.</summary>
    /// <param name="diffIds">Their DiffIDs, bottom first.</param>
    /// <returns>The layers, bottom first.</returns>
    /// <exception cref="ContainerToolsException">LayerNotFound: one is not unpacked.</exception>
    public IReadOnlyList<Layer> Resolve(IReadOnlyList<Digest> diffIds)
    {
        var layers = new List<Layer>(diffIds.Count);
        for (var i = 0; i < diffIds.Count; i++)
        {
            layers.Add(Find([.. diffIds.Take(i + 1)]) ?? throw new ContainerToolsException("LayerNotFound", ErrorKind.NotFound,
                $"Layer {diffIds[i]} is not unpacked in the store '{paths.Root}'. Pull or import its image again.", diffIds[i]));
        }
        return layers;
    }

    /// <summary>Every layer in the store.</summary>
    public IReadOnlyList<Layer> List() =>
        Directory.Exists(paths.Layers)
            ? [.. Directory.EnumerateDirectories(paths.Layers).Select(Path.GetFileName).Where(name => name![0] != '.').Order(StringComparer.Ordinal).Select(name => Read(name!)).OfType<Layer>()]
            : [];

    /// <summary>Removes a layer. The caller knows that nothing needs it.</summary>
    /// <param name="key">Its key; one that is not there is no error.</param>
    /// <exception cref="ContainerToolsException">LayerRemoveFailed.</exception>
    public void Remove(string key)
    {
        try
        {
            if (TryRename(Path.Combine(paths.Layers, key), Path.Combine(paths.Layers, TrashPrefix + Guid.NewGuid().ToString("N"))))
                AtomicFile.SyncDirectory(paths.Layers);
            CollectGarbage();
        }
        catch (LinuxException e)
        {
            throw ContainerToolsException.FromIO(e, "LayerRemoveFailed", $"Layer '{key}' could not be removed", key);
        }
    }

    private static bool TryRename(string from, string to)
    {
        var result = FileCalls.RenameAt(FileCalls.WorkingDirectory, Bytes(from), FileCalls.WorkingDirectory, Bytes(to), replace: false);
        if (result is -Errno.EEXIST or -Errno.ENOTEMPTY or -Errno.ENOENT)
            return false;
        LinuxException.ThrowIfFailed(result, "rename", from);
        return true;
    }

    private static byte[] Bytes(string path) => Paths.Bytes(TarEntry.FromText(path));

    private static bool HasDefaultRoot(string directory) =>
        FileCalls.StatusAt(FileCalls.WorkingDirectory, Bytes(directory), out var status) >= 0 && status is { UserId: 0, GroupId: 0 }
        && (status.Mode & 0xfff) == DirectoryRecord.Default.Mode && FileCalls.ListAttributesAt(FileCalls.WorkingDirectory, Bytes(directory)).Count == 0;

    // What a crash left: staging directories whose maker is gone, and layers that were being removed.
    private void CollectGarbage()
    {
        foreach (var directory in Directory.EnumerateDirectories(paths.Layers, ".*"))
        {
            var name = Path.GetFileName(directory);
            if (name.StartsWith(TrashPrefix, StringComparison.Ordinal))
            {
                FileCalls.RemoveTreeAt(FileCalls.WorkingDirectory, Bytes(directory));
            }
            else if (name.StartsWith(StagingPrefix, StringComparison.Ordinal) && DateTime.UtcNow - Directory.GetCreationTimeUtc(directory) > YoungestGarbage)
            {
                var fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, Bytes(directory), OpenFlags.ReadOnly | OpenFlags.Directory);
                if (fd < 0)
                    continue;
                using var handle = new SafeFileHandle(fd, ownsHandle: true);
                if (AdvisoryLock.TryAcquire(handle, exclusive: true))
                    FileCalls.RemoveTreeAt(FileCalls.WorkingDirectory, Bytes(directory));
            }
        }
    }

    private Layer? Read(string key)
    {
        var directory = Path.Combine(paths.Layers, key);
        try
        {
            var document = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(directory, DocumentName)), LayerJsonContext.Default.LayerDocument);
            return document is null ? null : new Layer(key, Digest.Parse(document.DiffId), Path.Combine(directory, TreeName), document.Size);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }
}
