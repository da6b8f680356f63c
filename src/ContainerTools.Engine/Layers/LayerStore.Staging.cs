using System.Runtime.ExceptionServices;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;

namespace ContainerTools.Engine.Layers;

/// <content>How layers come and go.</content>
public sealed partial class LayerStore
{
    /// <summary>
    /// Unpacks a layer's tar in one pass, beside the store's layers. The layers below need not be there yet. The stream is read to its end by the calling
    /// thread while another makes the files; an exception it throws comes out of here unchanged.
    /// </summary>
    /// <param name="plainTar">The uncompressed tar. It stays open; whoever hashes it can take the hash when this returns.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="ContainerToolsException">
    /// The tar is malformed or hostile (TarInvalid, LayerPathEscapes, LayerEntryInvalid, LayerWhiteoutInvalid, LayerHardLinkInvalid,
    /// LayerEntryUnsupported), or the disk is full (StorageFull). Nothing is left behind.
    /// </exception>
    public StagedLayer Unpack(Stream plainTar, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plainTar);
        if (UserSession.IsNeeded)
        {
            return new StagedLayer(RemoteStaging.Unpack(_paths, plainTar, cancellationToken));
        }

        StagedLayer? staged = null;
        bool done = false;
        try
        {
            CollectGarbageOnce();
            staged = Stage(static held => new LayerUnpacker(new StagingTree(MakeRoot(held))));
            var contents = (LayerUnpacker)staged.Contents;
            Unpack(contents, plainTar, cancellationToken);
            contents.Tree.CloseIdle();
            done = true;
            return staged;
        }
        catch (LinuxException e) when (UserSession.IsRootless && e.Operation is "fchown" or "fchownat" && e.Errno is Errno.EINVAL or Errno.EPERM)
        {
            throw UserSession.TooFewIds("The layer cannot be unpacked", e);
        }
        catch (LinuxException e)
        {
            throw ContainerToolsException.FromIO(e, "LayerUnpackFailed", "The layer could not be unpacked");
        }
        finally
        {
            if (!done)
            {
                staged?.Dispose();
            }
        }
    }

    /// <summary>Makes what a container has changed a layer, of the very files: they are not there for the container any more.</summary>
    /// <param name="writable">The container's writable layer, already written as a tar.</param>
    /// <exception cref="ContainerToolsException">LayerTakeFailed, StorageFull. The files may be gone.</exception>
    public StagedLayer Take(WritableLayer writable)
    {
        ArgumentNullException.ThrowIfNull(writable);
        try
        {
            return Stage(writable.MoveTo);
        }
        catch (LinuxException e)
        {
            throw ContainerToolsException.FromIO(e, "LayerTakeFailed", "What the container has changed could not be made a layer");
        }
    }

    /// <summary>
    /// Removes a layer; nothing there is fine. It asks nobody: whether an image or a container needs it is for the caller to know. It first gets out of sight
    /// in one step; a crash in the middle of the rest leaves what the next collection removes.
    /// </summary>
    /// <param name="key">The layer's <see cref="Layer.Key"/>.</param>
    /// <exception cref="ContainerToolsException">It could not be removed.</exception>
    public void Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!IsKey(key))
        {
            throw new ContainerToolsException("LayerKeyInvalid", ErrorKind.InvalidArgument, $"'{key}' is no layer's key: those are 64 hexadecimal digits.", key);
        }

        try
        {
            string removed = Path.Combine(_paths.Layers, $"{RemovedPrefix}{Guid.NewGuid():N}");
            int held;
            using (StoreLock.Acquire(_paths, LockName, exclusive: true, CancellationToken.None))
            {
                int result = FileCalls.RenameAt(
                    FileCalls.WorkingDirectory, PathBytes.Terminated(Path.Combine(_paths.Layers, key)), FileCalls.WorkingDirectory, PathBytes.Terminated(removed));
                if (result == -Errno.ENOENT)
                {
                    return;
                }

                LinuxException.ThrowIfFailed(result, "rename", key);
                held = OpenLocked(removed);
            }

            try
            {
                AtomicFile.SyncDirectory(_paths.Layers);
                OwnedTree.Remove(_paths, removed);
            }
            finally
            {
                FileCalls.Close(held);
            }
        }
        catch (LinuxException e)
        {
            throw ContainerToolsException.FromIO(e, "LayerRemovalFailed", $"The layer {key} could not be removed", key);
        }
    }

    /// <summary>Removes what crashes have left: unfinished layers and half-removed ones that no living process holds.</summary>
    /// <returns>How many such directories were removed.</returns>
    /// <exception cref="ContainerToolsException">One could not be removed.</exception>
    public int CollectGarbage()
    {
        int count = 0;
        if (!Directory.Exists(_paths.Layers))
        {
            return 0;
        }

        try
        {
            foreach (string directory in Directory.EnumerateDirectories(_paths.Layers))
            {
                string name = Path.GetFileName(directory);
                if (!IsKey(name) && TryTakeGarbage(directory) is >= 0 and var fd)
                {
                    try
                    {
                        OwnedTree.Remove(_paths, directory);
                        count++;
                    }
                    finally
                    {
                        FileCalls.Close(fd);
                    }
                }
            }
        }
        catch (LinuxException e)
        {
            throw ContainerToolsException.FromIO(e, "LayerRemovalFailed", $"Remains in '{_paths.Layers}' could not be removed", _paths.Layers);
        }

        return count;
    }

    private static void Unpack(LayerUnpacker contents, Stream plainTar, CancellationToken cancellationToken)
    {
        using var input = new PipedTarInput();
        Exception? failure = null;
        var worker = new Thread(() =>
        {
            try
            {
                contents.Run(new TarReader(input), cancellationToken);
            }
            catch (Exception e)
            {
                failure = e;
                input.Abandon();
            }
        })
        {
            IsBackground = true,
            Name = "layer unpacking",
        };
        worker.Start();
        try
        {
            input.Pump(plainTar, cancellationToken);
        }
        finally
        {
            worker.Join();
        }

        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private static int MakeRoot(int staging)
    {
        byte[] name = PathBytes.Terminated(StagedLayer.FileSystemName);
        LinuxException.ThrowIfFailed(FileCalls.MakeDirectoryAt(staging, name, 0x1ED /* 0755 */), "mkdir", StagedLayer.FileSystemName);
        return LinuxException.ThrowIfFailed(FileCalls.OpenAt(staging, name, OpenFlags.ReadOnly | OpenFlags.Directory), "open", StagedLayer.FileSystemName);
    }

    private StagedLayer Stage(Func<int, IStagedContents> fill)
    {
        if (!Directory.Exists(_paths.Layers))
        {
            _paths.EnsureCreated();
        }

        string directory = Path.Combine(_paths.Layers, $"{StagingPrefix}{Guid.NewGuid():N}");
        int held = -1;
        try
        {
            // Under the store's lock until it has its own: a collector must not come in between.
            using (StoreLock.Acquire(_paths, LockName, exclusive: true, CancellationToken.None))
            {
                LinuxException.ThrowIfFailed(FileCalls.MakeDirectoryAt(FileCalls.WorkingDirectory, PathBytes.Terminated(directory), 0x1C0 /* 0700 */), "mkdir", directory);
                held = OpenLocked(directory);
            }

            return new StagedLayer(directory, held, fill(held));
        }
        catch
        {
            TreeRemoval.Remove(directory);
            if (held >= 0)
            {
                FileCalls.Close(held);
            }

            throw;
        }
    }

    // The lock says that somebody is at work on it.
    private static int OpenLocked(string directory)
    {
        int fd = LinuxException.ThrowIfFailed(
            FileCalls.OpenAt(FileCalls.WorkingDirectory, PathBytes.Terminated(directory), OpenFlags.ReadOnly | OpenFlags.Directory), "open", directory);
        if (AdvisoryLock.TryAcquire(fd, exclusive: true))
        {
            return fd;
        }

        FileCalls.Close(fd);
        throw new LinuxException(Errno.EAGAIN, "flock", directory);
    }

    // Once for each store object: leftovers are rare, and what cannot be removed now is no reason not to unpack.
    private void CollectGarbageOnce()
    {
        if (Interlocked.Exchange(ref _collected, true))
        {
            return;
        }

        try
        {
            CollectGarbage();
        }
        catch (ContainerToolsException)
        {
            // The next one tries again, and CollectGarbage itself says what is the matter.
        }
    }

    private void Publish(StagedLayer staged, string key)
    {
        string directory = Path.Combine(_paths.Layers, key);
        using (StoreLock.Acquire(_paths, LockName, exclusive: true, CancellationToken.None))
        {
            if (ReadLayer(key) is not null)
            {
                return; // Another shell was faster.
            }

            if (Directory.Exists(directory))
            {
                // A directory of this name without a marker that is understood: not ours to trust, out of the way.
                Directory.Move(directory, Path.Combine(_paths.Layers, $"{RemovedPrefix}{Guid.NewGuid():N}"));
            }

            LinuxException.ThrowIfFailed(
                FileCalls.RenameAt(FileCalls.WorkingDirectory, PathBytes.Terminated(staged.Directory), FileCalls.WorkingDirectory, PathBytes.Terminated(directory), replace: false),
                "rename",
                directory);
            staged.IsCommitted = true;
        }

        AtomicFile.SyncDirectory(_paths.Layers);
    }

    // A lock on what a dead process left, or -1 if it is alive (or gone).
    private int TryTakeGarbage(string directory)
    {
        using var held = StoreLock.Acquire(_paths, LockName, exclusive: true, CancellationToken.None);
        int fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, PathBytes.Terminated(directory), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        if (fd >= 0 && !AdvisoryLock.TryAcquire(fd, exclusive: true))
        {
            FileCalls.Close(fd);
            fd = -1;
        }

        return fd;
    }
}
