using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Mounts;

namespace ContainerTools.Engine.Containers;

/// <content>Files of containers.</content>
public sealed partial class ContainerManager
{
    /// <summary>
    /// Copies a file or directory into a container, out of one, or from one to another, running or not. Owners (by their number inside), modes, times and links are kept; a
    /// link never leads out of a container. An existing directory takes what is copied in it; an existing file is replaced.
    /// </summary>
    /// <param name="source">What to copy.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="warn">Told of devices and sockets, which are not copied.</param>
    /// <param name="cancellationToken">Ends the copy half-way.</param>
    /// <exception cref="ContainerToolsException">ItemNotFound, DestinationNotFound, DestinationIsFile, DestinationIsDirectory, CopyFailed, StorageFull, ...</exception>
    public Task CopyAsync(ContainerPath source, ContainerPath destination, Action<string> warn, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(warn);
        return OnOwnThread(() =>
        {
            try
            {
                if (UserSession.IsNeeded)
                {
                    // Where both run, one's namespaces have to do.
                    var running = new[] { destination.Container, source.Container }.OfType<Container>().FirstOrDefault(c => Refresh(c).Pid is not null);
                    SessionWorker.Run(_paths, SessionOperations.Copy, [source.Container?.Id ?? "", source.Path, destination.Container?.Id ?? "", destination.Path], cancellationToken, warn, running);
                    return true;
                }
                Copy(source, destination, warn, cancellationToken);
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw ContainerToolsException.FromIO(e, "CopyFailed", $"'{source}' could not be copied to '{destination}'", destination.ToString());
            }
        }, cancellationToken);
    }

    /// <summary>Runs work on a thread that ends with it, and with it the mount namespace and the identity that it may have taken.</summary>
    private static Task<T> OnOwnThread<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Copy(ContainerPath source, ContainerPath destination, Action<string> warn, CancellationToken cancellationToken)
    {
        var trees = new SortedDictionary<string, FileTree>(StringComparer.Ordinal);
        try
        {
            // In one order, so that two copies never wait for each other's container.
            foreach (var container in new[] { source.Container, destination.Container }.OfType<Container>().DistinctBy(c => c.Id).OrderBy(c => c.Id, StringComparer.Ordinal))
                trees[container.Id] = OpenTree(container, cancellationToken);
            var from = source.Container is { } one ? trees[one.Id] : FileTree.Host;
            var to = destination.Container is { } other ? trees[other.Id] : FileTree.Host;
            using var item = CopyPlace.OfSource(from, source);
            using var place = CopyPlace.OfDestination(to, destination, item);
            // Files are made by the container's user 0: the host's does not exist on its mounts.
            var (user, group) = to.Ids.Root;
            using var identity = new FileSystemIdentity(user, group);
            new ItemCopier(from, to, warn, cancellationToken).Copy(item, place);
        }
        finally
        {
            foreach (var tree in trees.Values)
                tree.Dispose();
        }
    }

    private ContainerTree OpenTree(Container container, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var current = Refresh(container);
            if (current.Pid is not null)
            {
                if (ContainerTree.OpenRunning(current) is { } running)
                    return running;
                continue; // Ended just now.
            }
            if (current.State is ContainerState.Restarting)
            {
                throw new ContainerToolsException("ContainerRestarting", ErrorKind.InvalidState,
                    $"The container '{current.Name}' is about to be started again by its restart policy. Try again, or stop it first.", current.Name);
            }
            string directory = _records.DirectoryOf(container.Id);
            if (LockForChange(container, directory, returnIfRunning: true, cancellationToken) is { } lockFile)
                return ContainerTree.MountStopped(current.Configuration, directory, lockFile, cancellationToken);
        }
    }
}
