using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Layers;

/// <content>
/// Copies of layers with other owners. An ordinary user's overlays cannot have layers with mapped ids (mount_setattr(2) asks for privileges over the file system that they lie on), so a
/// container whose ids are not those of his namespace gets copies. Each is made once for all containers with the same ids, and is a layer like any other, with a key of its own.
/// </content>
public sealed partial class LayerStore
{
    /// <summary>
    /// The copy of a layer with other owners; it is made if it is not there. It stays while a lease or a container names its key, <see cref="LayerOwners.KeyFor"/>: add that first. All but the
    /// owners is as in the layer. Who asks for one that somebody else is just making waits for it.
    /// </summary>
    /// <param name="key">The layer's key.</param>
    /// <param name="owners">The owners.</param>
    /// <param name="cancellationToken">Ends the copy; nothing is left of it.</param>
    /// <exception cref="ContainerToolsException">LayerNotFound; LayerIdNotMapped; LayerCopyFailed; StorageFull.</exception>
    public Layer WithOwners(string key, LayerOwners owners, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(owners);
        string copy = owners.KeyFor(key);
        if (ReadLayer(copy) is { } existing)
        {
            return existing;
        }

        if (UserSession.IsNeeded)
        {
            SessionWorker.Run(_paths, SessionOperations.CopyLayer, [key, owners.ToString()], cancellationToken);
        }
        else
        {
            MakeCopy(key, copy, owners, cancellationToken);
        }

        return ReadLayer(copy) ?? throw Missing(key);
    }

    /// <summary>The copy that <see cref="WithOwners"/> gives; null if it is not there yet.</summary>
    /// <inheritdoc cref="WithOwners"/>
    public Layer? FindCopy(string key, LayerOwners owners)
    {
        ArgumentNullException.ThrowIfNull(owners);
        return ReadLayer(owners.KeyFor(key));
    }

    private void MakeCopy(string key, string copy, LayerOwners owners, CancellationToken cancellationToken)
    {
        string directory = Path.Combine(_paths.Layers, key);
        try
        {
            // The lock of who makes copies of it, on what nobody else locks: its files' directory.
            using var files = FileCalls.OpenIfExists(Path.Combine(directory, StagedLayer.FileSystemName), OpenFlags.ReadOnly | OpenFlags.Directory) ?? throw Missing(key);
            while (!AdvisoryLock.TryAcquire(files, exclusive: true))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Thread.Sleep(10);
            }

            if (ReadLayer(copy) is not null)
            {
                return;
            }

            var record = LayerRecord.Read(directory) ?? throw Missing(key);
            CollectGarbageOnce();
            using var staged = Stage(held => new CopiedContents(Copy((int)files.DangerousGetHandle(), MakeRoot(held), owners, cancellationToken), record));

            // A layer that was removed meanwhile, as when the shell that asked for the copy was killed and its lease with it, may have lost files before they were read.
            if (!IsSame(files, Path.Combine(directory, StagedLayer.FileSystemName)))
            {
                throw Missing(key);
            }

            // The files first, then the marker that vouches for them.
            LinuxException.ThrowIfFailed(FileCalls.SyncFileSystem(staged.LockDescriptor), "syncfs", staged.Directory);
            AtomicFile.Write(Path.Combine(staged.Directory, LayerRecord.FileName), (record with { HasPlainRoot = staged.Contents.HasPlainRoot(), CopyOf = key, Owners = owners.ToString() }).ToBytes());
            Publish(staged, copy);
        }
        catch (IOException e)
        {
            throw ContainerToolsException.FromIO(e, "LayerCopyFailed", $"The layer {key} could not be copied with the owners that the container's user namespace needs", key);
        }
    }

    private static bool IsSame(SafeFileHandle directory, string path) =>
        FileCalls.StatusAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), out var named) >= 0
        && FileCalls.Status((int)directory.DangerousGetHandle(), out var held) >= 0 && (named.Device, named.Inode) == (held.Device, held.Inode);

    private static int Copy(int source, int target, LayerOwners owners, CancellationToken cancellationToken)
    {
        try
        {
            new TreeCopy(cancellationToken, owners.ToChange()).CopyDirectory(source, target);
            return target;
        }
        catch
        {
            FileCalls.Close(target);
            throw;
        }
    }

    private static ContainerToolsException Missing(string key) =>
        new("LayerNotFound", ErrorKind.NotFound, $"The layer {key} is not in the store any more. Pull or import the image again.", key);

    /// <summary>What a copy is: all but the owners as the layer, finished already.</summary>
    /// <param name="root">Its open directory.</param>
    /// <param name="record">The layer's record.</param>
    private sealed class CopiedContents(int root, LayerRecord record) : IStagedContents
    {
        public long Size => record.Size;

        public long EntryCount => record.EntryCount;

        public bool LeansOnParents => record.LeansOnParents;

        public bool DescribesRoot => record.DescribesRoot;

        public bool HasPlainRoot() => StagingTree.IsPlainRoot(root);

        public void FinishOn(IEnumerable<string> layers)
        {
        }

        public void Dispose() => _ = FileCalls.Close(root);
    }
}
