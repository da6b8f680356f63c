using ContainerTools.Engine.Events;
using ContainerTools.Engine.Health;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Selinux;
using ContainerTools.Engine.Specs;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Volumes;
using ContainerTools.Linux;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Containers;

/// <content>Making and renaming.</content>
public sealed partial class ContainerManager
{
    private const string NamesLock = "containers";

    /// <summary>Makes a container; it is not started.</summary>
    /// <param name="options">What the caller asks for.</param>
    /// <param name="image">What it is made from.</param>
    /// <param name="cancellationToken">Ends a copy into a new volume; nothing is left.</param>
    /// <exception cref="ContainerToolsException">An option makes no sense, ContainerNameInUse, BindSourceNotFound, LayerNotFound, NoIdRange, ...</exception>
    public Container Create(ContainerOptions options, ContainerImage image, CancellationToken cancellationToken)
    {
        var container = Create(options, image, out var onDisk, cancellationToken);
        onDisk.GetAwaiter().GetResult();
        return container;
    }

    /// <summary>Makes a container, which can be used before its directory is safe from a power cut.</summary>
    /// <inheritdoc cref="Create(ContainerOptions, ContainerImage, CancellationToken)"/>
    /// <param name="options">What the caller asks for.</param>
    /// <param name="image">What it is made from.</param>
    /// <param name="onDisk">Ends when the container outlives a power cut: whoever tells somebody that it was made waits for it first. Fails with ContainerCreateFailed.</param>
    /// <param name="cancellationToken">Ends a copy into a new volume; nothing is left.</param>
    public Container Create(ContainerOptions options, ContainerImage image, out Task onDisk, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(image);
        var configuration = ConfigurationBuilder.Build(options, image);
        if (!UserSession.IsNeeded)
            MonitorReserve.Prepare(_runtimePath);
        var (sharesIds, sharedIds) = ChooseSharedNamespaces(configuration, options);
        var userNamespace = sharesIds ? null : UserNamespaceChoice.Choose(options, KernelFeatures.IdMappedOverlayLayers);
        configuration.IdRange = sharedIds ?? userNamespace?.Shared;
        if (options.User is null && userNamespace?.DefaultUser is { } user)
            configuration.User = user;
        _paths.EnsureCreated();
        ChooseNetworks(configuration, options);
        configuration.Mounts = MountPlanner.Plan(_paths, options, image);
        byte[]? seccompProfile = ReadSeccompProfile(configuration);
        using var lease = UseOwnedLayers(configuration, options, cancellationToken);
        List<string> newVolumes = [];
        try
        {
            using (var reservation = Reserve(configuration, image, options, userNamespace, cancellationToken))
            {
                string directory = _records.DirectoryOf(configuration.Id);
                ContainerRoot.Make(_paths, configuration);
                if (seccompProfile is not null)
                    AtomicFile.Write(Path.Combine(directory, ContainerFiles.SeccompProfile), seccompProfile, durable: false);
                // What is wrong with an option shows here, before volumes are made. It is written when the container is started, and so are the files for /etc.
                byte[] document = RuntimeJson.WriteSpec(BuildSpecification(configuration));
                if (CanGetReady(configuration))
                {
                    EtcFiles.Write(configuration);
                    MonitorReserve.Offer(ArgumentsFor(configuration, attachment: null), document);
                }
                foreach (var mount in configuration.Mounts.Where(m => m.Kind is ContainerMountKind.Volume))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (_volumes.Ensure(mount, configuration.Id, MountPlanner.CopiesUp(options, mount) ? configuration.LayerPaths : null, configuration.RootOnDisk, cancellationToken))
                        newVolumes.Add(mount.Name!);
                }
                SetLabels(configuration);
                if (configuration.RestartPolicy is not null)
                    RestartFiles.Write(directory, configuration.RestartPolicy);
                if (configuration.HealthCheck is { } check)
                    HealthFiles.WriteCheck(directory, check);
                onDisk = Explain(configuration, reservation.Record.Complete());
                _records.Remember(configuration);
                // Closing it would not do: a child that another thread is just making has it open too, until it executes.
                reservation.LockFile.Unlock();
                EventLog.AddOfContainer(_paths.Root, configuration, ContainerEventAction.Create);
            }
            return Snapshot(configuration);
        }
        catch (Exception e)
        {
            if (configuration.Id.Length > 0)
            {
                MonitorReserve.Forget(configuration.Id);
                DeleteDirectory(configuration.Id);
                foreach (string volume in newVolumes)
                    _volumes.Discard(volume, configuration.Id);
            }
            if (e is IOException or UnauthorizedAccessException)
                throw CreateFailed(configuration, e);
            throw;
        }
    }

    /// <summary>
    /// Whether a monitor can begin with a container before somebody starts it. Whoever does might come with a terminal or with input; the processes of other containers, and what is at a path of
    /// the host's, might be others then.
    /// </summary>
    private static bool CanGetReady(ContainerConfiguration configuration) =>
        !UserSession.IsNeeded && configuration is { Runtime: null, Interactive: false, Terminal: false }
        && !configuration.Mounts.Exists(m => m.Kind is ContainerMountKind.Bind)
        && new[] { configuration.Network, configuration.PidNamespace, configuration.IpcNamespace, configuration.UserNamespace }.All(name => ContainerReference.TryRead(name) is null);

    private static ContainerToolsException CreateFailed(ContainerConfiguration configuration, Exception e) =>
        ContainerToolsException.FromIO(e, "ContainerCreateFailed", $"The container '{configuration.Name}' could not be made", configuration.Name);

    private static async Task Explain(ContainerConfiguration configuration, Task onDisk)
    {
        try
        {
            await onDisk.ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw CreateFailed(configuration, e);
        }
    }

    /// <summary>Has a container, and its mounts of images, use copies of the layers with the owners that its ids need, where they need others.</summary>
    /// <returns>What keeps a collector from the layers until the container's record names them; null where it can do without.</returns>
    private Lease? UseOwnedLayers(ContainerConfiguration configuration, ContainerOptions options, CancellationToken cancellationToken)
    {
        if (LayerOwners.Of(configuration.IdRange) is not { } owners)
            return null;
        var lease = Lease.Create(_paths, cancellationToken);
        try
        {
            var store = new LayerStore(_paths);
            (configuration.LayerKeys, configuration.LayerPaths) = Copy(configuration.LayerKeys);
            foreach (var mount in configuration.Mounts.Where(m => m.LayerKeys.Count > 0))
                (mount.LayerKeys, mount.LayerPaths) = Copy(mount.LayerKeys);
            return lease;

            (List<string> Keys, List<string> Paths) Copy(List<string> keys)
            {
                foreach (string key in keys)
                {
                    lease.Add(key, cancellationToken);
                    lease.Add(owners.KeyFor(key), cancellationToken);
                }
                var found = keys.ConvertAll(key => store.FindCopy(key, owners));
                int number = 0, missing = found.Count(l => l is null);
                var copies = keys.Zip(found, (key, copy) => copy ?? Make(key)).ToList();
                return (copies.ConvertAll(l => l.Key), copies.ConvertAll(l => l.Path));

                Layer Make(string key)
                {
                    options.CopyingLayer?.Invoke(++number, missing);
                    return store.WithOwners(key, owners, cancellationToken);
                }
            }
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Gives a container another name.</summary>
    /// <exception cref="ContainerToolsException">ContainerNotFound, ContainerNameInUse, InvalidContainerName.</exception>
    public Container Rename(Container container, string newName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(newName);
        ContainerName.Check(newName);
        using (StoreLock.Acquire(_paths, NamesLock, exclusive: true, cancellationToken))
        {
            var all = _records.ReadAll();
            var current = all.Find(c => c.Id == container.Id) ?? throw NotFound(container.Name);
            if (current.Name == newName)
                return Snapshot(current);
            CheckNameIsFree(all, newName);
            // Others may hold the object that the cache gave out, so a copy is changed.
            var renamed = ContainerRecords.Copy(current);
            renamed.Name = newName;
            try
            {
                WriteRecord(renamed);
                RenameOnNetworks(renamed);
            }
            catch (ContainerToolsException) when (!Directory.Exists(_records.DirectoryOf(current.Id)))
            {
                // Somebody has removed it meanwhile, and its directory with it.
                throw NotFound(container.Name);
            }
            EventLog.AddOfContainer(_paths.Root, renamed, ContainerEventAction.Rename, ("oldName", current.Name));
            return Snapshot(renamed);
        }
    }

    /// <summary>Takes name, id and id range under the lock, so that it need not be held while volumes are filled. All that the container is to be is known then.</summary>
    private Reservation Reserve(ContainerConfiguration configuration, ContainerImage image, ContainerOptions options, UserNamespaceChoice? userNamespace, CancellationToken cancellationToken)
    {
        // Until the record names the layers, no collector may take them: it reads the records when it has taken this lock for itself.
        using var layersStay = Lease.HoldOff(_paths, cancellationToken);
        foreach (var layer in image.Layers.Concat(options.Volumes.SelectMany(v => v.Image?.Layers ?? [])))
        {
            if (!Directory.Exists(layer.Path))
                throw new ContainerToolsException("LayerNotFound", ErrorKind.NotFound, $"A layer of the image '{image.Reference}' is missing ({layer.DiffId}). Fetch the image again.", image.Reference);
        }
        using var namesLock = StoreLock.Acquire(_paths, NamesLock, exclusive: true, cancellationToken);
        var all = _records.ReadAll();
        RemoveAbandonedReservations(all, _ => true);
        if (configuration.Name.Length == 0)
            configuration.Name = RandomNames.Next(all.Select(c => c.Name).ToHashSet(StringComparer.Ordinal));
        else
            CheckNameIsFree(all, configuration.Name);
        configuration.Id = RandomIds.Next();
        configuration.CreatedAt = DateTimeOffset.UtcNow;
        configuration.CgroupPath = ContainerLeftovers.CgroupOf(configuration.Id);
        ChooseLabels(configuration, all);
        configuration.IdRange ??= userNamespace?.Allocate(all.Where(c => c.IdRange is not null).Select(c => c.IdRange!));
        ConfigurationBuilder.Finish(configuration);
        string directory = _records.DirectoryOf(configuration.Id);
        ContainerRoot.Plan(_paths, configuration, directory);
        if (SecurityOptions.Parse(configuration.SecurityOptions).SeccompFile is not null)
            configuration.SecurityOptions = SecurityOptions.Replace(configuration.SecurityOptions, Path.Combine(directory, ContainerFiles.SeccompProfile));
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        MonitorLockFile? lockFile = null;
        try
        {
            lockFile = MonitorLockFile.Create(directory);
            if (!lockFile.TryLock())
                throw new InvalidOperationException("A new container's lock is taken.");
            return new Reservation(lockFile, _records.Begin(configuration));
        }
        catch
        {
            lockFile?.Dispose();
            DeleteDirectory(configuration.Id);
            throw;
        }
    }

    /// <summary>The profile that the caller named. The container has a copy of it, so that it is what it was made as, whatever becomes of the file.</summary>
    private static byte[]? ReadSeccompProfile(ContainerConfiguration configuration)
    {
        if (SecurityOptions.Parse(configuration.SecurityOptions).SeccompFile is not { } file)
            return null;
        // Read here for an error that names the caller's file.
        _ = SeccompFile.Read(file, 0);
        return File.ReadAllBytes(file);
    }

    private static void ChooseLabels(ContainerConfiguration configuration, List<ContainerConfiguration> all)
    {
        if (!SelinuxLabels.IsEnabled || configuration.Privileged || SecurityOptions.Parse(configuration.SecurityOptions).Unlabelled)
            return;
        var labels = SelinuxLabels.Choose(SelinuxLabels.ReadContexts(), all.Select(c => c.MountLabel));
        (configuration.ProcessLabel, configuration.MountLabel) = (labels.Process, labels.Files);
    }

    /// <summary>Labels what is mounted as the caller asked for. The product's own volumes are for containers in any case.</summary>
    private static void SetLabels(ContainerConfiguration configuration)
    {
        if (configuration.MountLabel is not { } label)
            return;
        foreach (var mount in configuration.Mounts.Where(m => m.Relabel is not null || m.Kind is ContainerMountKind.Volume))
            FileLabels.Set(mount.Source, mount.Relabel == ContainerMount.PrivateLabel ? label : SelinuxLabels.Shared(label));
    }

    private static void CheckNameIsFree(List<ContainerConfiguration> all, string name)
    {
        if (all.Find(c => c.Name == name) is { } other)
        {
            throw new ContainerToolsException("ContainerNameInUse", ErrorKind.AlreadyExists,
                $"The name '{name}' is taken by the container {other.Id[..12]} (image {other.Image}). Choose another name, or remove or rename that container.", name);
        }
    }

    /// <summary>Removes what a shell that was killed while it made or removed a container has left. The next container that is made does so too.</summary>
    /// <param name="remove">Asked with each directory.</param>
    /// <param name="cancellationToken">Ends the wait for the lock.</param>
    public void RemoveInterrupted(Func<string, bool> remove, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(remove);
        if (!Directory.Exists(_paths.Containers))
            return;
        using var namesLock = StoreLock.Acquire(_paths, NamesLock, exclusive: true, cancellationToken);
        RemoveAbandonedReservations(_records.ReadAll(), remove);
    }

    private void RemoveAbandonedReservations(List<ContainerConfiguration> all, Func<string, bool> remove)
    {
        ContainerRoot.DeleteLeftovers(_paths, remove);
        foreach (var configuration in all.Where(c => c.Incomplete).ToList())
        {
            using var file = MonitorLockFile.TryOpen(_records.DirectoryOf(configuration.Id));
            // Asked without taking it, which others would see as a start. Its maker may have finished, and let go of it, after we read the record.
            if (file is { IsHeld: true } || _records.TryRead(configuration.Id) is { Incomplete: false })
                continue;
            if (!remove(_records.DirectoryOf(configuration.Id)))
                continue;
            all.Remove(configuration);
            DeleteDirectory(configuration.Id);
        }
    }

    private RuntimeSpec BuildSpecification(ContainerConfiguration configuration, string? networkPath = null, SharedNamespaces? shared = null) => SpecBuilder.Build(configuration, new SpecInputs
    {
        ForOtherRuntime = configuration.Runtime is not null,
        InitPath = _runtimePath,
        NetworkPath = networkPath,
        Shared = shared ?? new SharedNamespaces(),
        Terminal = configuration.Terminal,
    });
}
