using System.Globalization;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.RootFileSystems;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Contents;

/// <summary>A container's files. Of a running one they are what its processes see, with all that is mounted; of one that does not run they are mounted for the calling thread.</summary>
internal sealed class ContainerTree : FileTree
{
    private readonly IDisposable? _lock;

    private ContainerTree(SafeFileHandle root, IdMapping ids, IDisposable? containerLock)
        : base(root, ids)
    {
        _lock = containerLock;
    }

    /// <summary>Opens a running container's files.</summary>
    /// <returns>Null when it has ended meanwhile.</returns>
    public static ContainerTree? OpenRunning(Container container)
    {
        using var process = PidFd.TryOpen(container.Status.Pid, container.Status.PidStartTime);
        if (process is null)
            return null;
        string path = $"/proc/{process.Pid.ToString(CultureInfo.InvariantCulture)}/root";
        int fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), OpenFlags.Path | OpenFlags.Directory);
        if (fd == -Errno.ENOENT)
            return null;
        var root = new SafeFileHandle(LinuxException.ThrowIfFailed(fd, "open", path), ownsHandle: true);
        var ids = IdMapping.Of(process.Pid);
        // What was read by its number was this process's if it lives still.
        if (!process.HasExited)
            return new ContainerTree(root, ids, null);
        root.Dispose();
        return null;
    }

    /// <summary>
    /// Mounts the files of a container that does not run: its layers with its volumes and binds, in a mount namespace of the calling thread, which must be one that ends
    /// afterwards and takes the mounts with it.
    /// </summary>
    /// <param name="configuration">The container.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="containerLock">Keeps it from being started meanwhile: two overlays must not share a writable layer, so its last monitor's is waited for too. Disposed with the tree.</param>
    /// <param name="cancellationToken">Ends that wait.</param>
    public static ContainerTree MountStopped(ContainerConfiguration configuration, string directory, MonitorLockFile containerLock, CancellationToken cancellationToken)
    {
        SafeFileHandle? root = null;
        try
        {
            containerLock.AwaitRoot(cancellationToken);
            MountApi.EnterPrivateNamespace();
            root = configuration.LayerPaths.Count == 0
                ? MountApi.OpenTree(null, configuration.UpperPath, OpenTreeFlags.Clone)
                : RootFileSystem.Mount(new OverlayLayers([.. Enumerable.Reverse(configuration.LayerPaths)], configuration.UpperPath, configuration.WorkPath) { Volatile = configuration.Volatile });
            // Mounts can be made only in a tree that is attached: it covers the container's own directory, for this thread.
            MountApi.MoveMount(root, null, directory);
            var tree = new ContainerTree(root, IdMapping.OnDisk(configuration.IdRange), containerLock);
            // What is made to be mounted on is the container's root's, as at a start.
            using (configuration.RootOnDisk is (0, 0) ? default(IDisposable) : new FileSystemIdentity(configuration.RootOnDisk.User, configuration.RootOnDisk.Group))
            {
                foreach (var mount in configuration.Mounts.Where(m => m.Kind is not ContainerMountKind.TmpFs))
                    tree.Attach(mount);
            }
            if (configuration.ReadOnly)
                MountApi.SetAttributes(root, MountAttributes.ReadOnly);
            return tree;
        }
        catch
        {
            root?.Dispose();
            containerLock.Dispose();
            throw;
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _lock?.Dispose();
    }

    private void Attach(ContainerMount mount)
    {
        if (!Path.Exists(mount.Source))
            return;
        bool isDirectory = System.IO.Directory.Exists(mount.Source);
        int target = Open(mount.Destination, OpenFlags.Path);
        if (target == -Errno.ENOENT)
        {
            // As a start makes it.
            MakeDirectories(isDirectory ? mount.Destination : Path.GetDirectoryName(mount.Destination)!);
            if (!isDirectory)
                MakeFile(mount.Destination);
            target = Open(mount.Destination, OpenFlags.Path);
        }
        using var place = new SafeFileHandle(LinuxException.ThrowIfFailed(target, "open", mount.Destination), ownsHandle: true);
        using var source = MountApi.OpenTree(null, mount.Source, OpenTreeFlags.Clone | OpenTreeFlags.Recursive);
        if (mount.ReadOnly)
            MountApi.SetAttributes(source, MountAttributes.ReadOnly);
        MountApi.MoveMount(source, place, "");
    }

    private void MakeFile(string path)
    {
        using var parent = OpenDirectory(Path.GetDirectoryName(path)!);
        int made = FileCalls.MakeNodeAt((int)parent.DangerousGetHandle(), PathBytes.Terminated(Path.GetFileName(path)), FileType.Regular, 0x1A4 /* 0644 */, 0, 0);
        LinuxException.ThrowIfFailed(made, "mknod", path);
    }
}
