using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Oci;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// The unpacked layers of a store, as directories for overlayfs. Any number of processes and threads may work on it at once.
/// <para>layers/KEY/fs is the layer, layers/KEY/layer the marker that says it is whole; KEY is the DiffID of a layer that stands alone, the ChainID of one
/// that leans on what is below, or a hash over a layer's key and owners (<see cref="LayerOwners"/>) of a copy with those. layers/.staging-X and layers/.removed-X are in the works, or remains of a crash if nobody holds a lock on them.</para>
/// </summary>
public sealed partial class LayerStore
{
    private const string StagingPrefix = ".staging-";
    private const string RemovedPrefix = ".removed-";
    private const string LockName = "layers";

    private readonly StorePaths _paths;
    private bool _collected;

    /// <summary>The layers of a store.</summary>
    public LayerStore(StorePaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        _paths = paths;
    }

    /// <summary>
    /// Finishes an unpacked layer and makes it part of the store, durably. If another shell was faster, its layer is returned and this one removed. The
    /// staged layer is used up either way, unless this throws.
    /// </summary>
    /// <param name="staged">The unpacked layer.</param>
    /// <param name="diffId">The digest of its uncompressed tar, which the caller has verified.</param>
    /// <param name="parentDiffIds">The layers below, bottom first; they must be in the store.</param>
    /// <exception cref="ContainerToolsException">
    /// LayerNotFound: a parent is missing; LayerHardLinkInvalid and the like: the layer does not fit on its parents; StorageFull.
    /// </exception>
    public Layer Commit(StagedLayer staged, Digest diffId, IReadOnlyList<Digest> parentDiffIds)
    {
        ArgumentNullException.ThrowIfNull(staged);
        ArgumentNullException.ThrowIfNull(parentDiffIds);
        if (staged.Remote is { } remote)
        {
            string added = remote.Commit(diffId, parentDiffIds);
            staged.Dispose();
            return ReadLayer(added) ?? throw RemovedAgain(diffId);
        }

        ObjectDisposedException.ThrowIf(staged.LockDescriptor < 0, staged);
        bool leans = staged.LeansOnParents;
        bool describesRoot = staged.Contents.DescribesRoot;
        IReadOnlyList<Layer> parents = leans || !describesRoot ? Resolve(parentDiffIds) : [];

        // The root of a layer that says nothing of it is like the one below: that is no reason to keep it apart unless it shows.
        leans |= !describesRoot && parents.Count > 0 && !parents[^1].HasPlainRoot;
        string key = (leans ? ChainId.Of([.. parentDiffIds, diffId]) : diffId).Hex;
        if (ReadLayer(key) is { } existing && existing.LeansOnParents == leans)
        {
            staged.Dispose();
            return existing;
        }

        var contents = staged.Contents;
        try
        {
            if (leans)
            {
                contents.FinishOn(parents.Reverse().Select(l => l.Path));
            }

            // The files first, then the marker that vouches for them.
            var record = new LayerRecord(diffId, leans, describesRoot, contents.HasPlainRoot(), contents.Size, contents.EntryCount);
            LinuxException.ThrowIfFailed(FileCalls.SyncFileSystem(staged.LockDescriptor), "syncfs", staged.Directory);
            AtomicFile.Write(Path.Combine(staged.Directory, LayerRecord.FileName), record.ToBytes());
            Publish(staged, key);
        }
        catch (IOException e)
        {
            throw ContainerToolsException.FromIO(e, "LayerCommitFailed", $"The layer {diffId} could not be added to the store", diffId);
        }

        staged.Dispose();
        return ReadLayer(key) ?? throw RemovedAgain(diffId);
    }

    /// <summary>Looks for a layer on given parents.</summary>
    /// <param name="diffIdsUpToThis">The DiffIDs of the parents, bottom first, and last its own.</param>
    /// <returns>Null if it is not in the store.</returns>
    public Layer? Find(IReadOnlyList<Digest> diffIdsUpToThis)
    {
        ArgumentNullException.ThrowIfNull(diffIdsUpToThis);
        ArgumentOutOfRangeException.ThrowIfZero(diffIdsUpToThis.Count, nameof(diffIdsUpToThis));
        Layer? parent = null, found = null;
        for (int i = 0; i < diffIdsUpToThis.Count; i++)
        {
            found = Find(diffIdsUpToThis, i + 1, parent);
            parent = found;
        }

        return found;
    }

    /// <summary>The layers of an image.</summary>
    /// <param name="diffIds">Their DiffIDs, bottom first.</param>
    /// <returns>The layers, bottom first.</returns>
    /// <exception cref="ContainerToolsException">LayerNotFound: one is not in the store.</exception>
    public IReadOnlyList<Layer> Resolve(IReadOnlyList<Digest> diffIds)
    {
        ArgumentNullException.ThrowIfNull(diffIds);
        var layers = new Layer[diffIds.Count];
        for (int i = 0; i < layers.Length; i++)
        {
            layers[i] = Find(diffIds, i + 1, i > 0 ? layers[i - 1] : null) ?? throw new ContainerToolsException(
                "LayerNotFound",
                ErrorKind.NotFound,
                $"The layer {diffIds[i]} (number {i + 1} of {diffIds.Count}) is not in the store '{_paths.Layers}'. Pull or import the image again.",
                diffIds[i]);
        }

        return layers;
    }

    /// <summary>All layers in the store, copies with other owners among them, in no particular order.</summary>
    public IReadOnlyList<Layer> List()
    {
        var layers = new List<Layer>();
        if (Directory.Exists(_paths.Layers))
        {
            foreach (string directory in Directory.EnumerateDirectories(_paths.Layers))
            {
                if (ReadLayer(Path.GetFileName(directory)) is { } layer)
                {
                    layers.Add(layer);
                }
            }
        }

        return layers;
    }

    // A layer that stands alone is the same on any parents, but for a root that it does not describe.
    private Layer? Find(IReadOnlyList<Digest> diffIds, int count, Layer? parent)
    {
        var own = diffIds[count - 1];
        if (ReadLayer(own.Hex) is { } alone)
        {
            // At the very bottom the ChainID is the DiffID, whether the layer leans or not.
            if (count == 1 || (!alone.LeansOnParents && (alone.DescribesRoot || parent is null or { HasPlainRoot: true })))
            {
                return alone;
            }
        }

        return count > 1 && ReadLayer(ChainId.Of([.. diffIds.Take(count)]).Hex) is { LeansOnParents: true } leaning && leaning.DiffId == own ? leaning : null;
    }

    private static ContainerToolsException RemovedAgain(Digest diffId) => new(
        "LayerNotFound", ErrorKind.NotFound, $"The layer {diffId} was removed from the store just after it was added. Try again.", diffId);

    private static bool IsKey(string name) => name.Length == 64 && name.All(char.IsAsciiHexDigitLower);

    private Layer? ReadLayer(string key)
    {
        string directory = Path.Combine(_paths.Layers, key);
        return IsKey(key) && LayerRecord.Read(directory) is { } record
            ? new Layer(key, record.DiffId, Path.Combine(directory, StagedLayer.FileSystemName), record.Size)
            {
                LeansOnParents = record.LeansOnParents,
                DescribesRoot = record.DescribesRoot,
                HasPlainRoot = record.HasPlainRoot,
                CopyOf = record.CopyOf,
            }
            : null;
    }
}
