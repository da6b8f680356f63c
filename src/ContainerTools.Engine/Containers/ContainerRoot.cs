using System.Text;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Engine.Containers;

/// <summary>A container's directory: the writable layer, and the files mounted into /etc.</summary>
internal static class ContainerRoot
{
    private const string RemovedPrefix = ".removed-";

    /// <summary>Names what the container's directory will hold.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="configuration">The container; it gets the paths.</param>
    /// <param name="directory">Its directory.</param>
    public static void Plan(StorePaths paths, ContainerConfiguration configuration, string directory)
    {
        configuration.UpperPath = Path.Combine(directory, ContainerFiles.Upper);
        configuration.WorkPath = Path.Combine(directory, ContainerFiles.Work);
        if (configuration.LayerPaths.Count == 0)
            configuration.LayerPaths = [Path.Combine(directory, ContainerFiles.Lower)];
        // It belongs to whoever makes it; where that is not the container's root, the container makes its own.
        if (configuration.LayerPaths.Count < MountPoints.MostLayers && configuration.IdRange is not { ChangesOwners: true })
            configuration.MountPointsPath = MountPoints.PathIn(paths);
        UseEtcFiles(configuration, directory);
    }

    /// <summary>
    /// Makes the writable layer. Its directory is the container's root directory, so it takes owner and mode of the image's. An image without layers, of
    /// which a program that is mounted can make use, gets an empty one: overlayfs needs something to lie upon.
    /// </summary>
    public static void Make(StorePaths paths, ContainerConfiguration configuration)
    {
        var root = configuration.RootOnDisk;
        MakeDirectory(configuration.WorkPath, 0x1C0, 0, 0); // 0700
        if (configuration.LayerKeys.Count == 0)
        {
            string empty = configuration.LayerPaths[0];
            MakeDirectory(empty, 0x1ED, root.User, root.Group);
            if (UserSession.IsNeeded)
                OwnedTree.SetOwner(paths, empty, root.User, root.Group, 0x1ED);
        }
        uint mode = 0x1ED, user = 0, group = 0; // 0755
        if (FileCalls.StatusAt(FileCalls.WorkingDirectory, Bytes(configuration.LayerPaths[^1]), out var top) >= 0)
            (mode, user, group) = (top.Mode, top.UserId, top.GroupId);
        MakeDirectory(configuration.UpperPath, mode, user, group);
        // Of one with other owners hardly a directory is his. The status was of the host's ids.
        if (UserSession.IsNeeded && configuration.IdRange is { ChangesOwners: true })
            OwnedTree.SetOwner(paths, configuration.UpperPath, IdMap.ToInside(UserSession.Users, user) ?? root.User, IdMap.ToInside(UserSession.Groups, group) ?? root.Group, mode);
    }

    /// <summary>Names the files for /etc, but for those that a mount of the caller's takes the place of.</summary>
    private static void UseEtcFiles(ContainerConfiguration configuration, string directory)
    {
        configuration.HostsPath = Unless("/etc/hosts", ContainerFiles.Hosts);
        configuration.HostNamePath = Unless("/etc/hostname", ContainerFiles.HostName);
        configuration.ResolvConfPath = Unless("/etc/resolv.conf", ContainerFiles.ResolvConf);

        string? Unless(string destination, string file) =>
            configuration.Mounts.Exists(m => m.Destination == destination || m.Destination == "/etc") ? null : Path.Combine(directory, file);
    }

    /// <summary>
    /// Removes a container's directory. The first step renames it to what is no id, so that a crash in the middle leaves no half container.
    /// </summary>
    public static void Delete(StorePaths paths, string id)
    {
        string directory = Path.Combine(paths.Containers, id);
        string removed = Path.Combine(paths.Containers, RemovedPrefix + id);
        if (Directory.Exists(directory))
            Directory.Move(directory, removed);
        OwnedTree.Remove(paths, removed);
    }

    /// <summary>
    /// Removes what removals that did not come to their end have left, and what was begun and killed before it was a container's. The lock under which new containers get their names is held:
    /// nobody else's directory is without a record meanwhile.
    /// </summary>
    public static void DeleteLeftovers(StorePaths paths, Func<string, bool> remove)
    {
        foreach (string directory in Directory.EnumerateDirectories(paths.Containers))
        {
            string name = Path.GetFileName(directory);
            if (name.StartsWith(RemovedPrefix, StringComparison.Ordinal))
            {
                if (remove(directory))
                    OwnedTree.Remove(paths, directory);
            }
            // In this order, in which a record gets its name. One that is empty had not come to the disk when the power went.
            else if (ContainerRecords.IsId(name) && !File.Exists(Path.Combine(directory, ContainerFiles.UnfinishedConfiguration))
                && new FileInfo(Path.Combine(directory, ContainerFiles.Configuration)) is not { Exists: true, Length: > 0 } && remove(directory))
            {
                Delete(paths, name);
            }
        }
    }

    private static void MakeDirectory(string path, uint mode, uint user, uint group)
    {
        byte[] name = Bytes(path);
        LinuxException.ThrowIfFailed(FileCalls.MakeDirectoryAt(FileCalls.WorkingDirectory, name, mode), "mkdir", path);
        // An ordinary user's directory is his already, as in his images it is but for the rarest; he could not give it away.
        if (!UserSession.IsNeeded)
            LinuxException.ThrowIfFailed(FileCalls.ChangeOwnerAt(FileCalls.WorkingDirectory, name, user, group), "chown", path);
        // After chown, which clears set-id bits, and past the umask.
        LinuxException.ThrowIfFailed(FileCalls.ChangeModeAt(FileCalls.WorkingDirectory, name, mode), "chmod", path);
    }

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path + '\0');
}
