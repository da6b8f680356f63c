using ContainerTools.Linux;
using ContainerTools.Linux.Mounts;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.RootFileSystems;

/// <summary>A bind mount or a volume as a detached mount, its ids mapped by the container's user namespace.</summary>
public static class IdMappedBind
{
    private const int NotPermitted = 1, InvalidArgument = 22;

    /// <summary>Opens a copy of what is at a host path.</summary>
    /// <param name="source">The host's path, a file or a directory.</param>
    /// <param name="userNamespace">The container's user namespace, or null to leave ids as they are.</param>
    /// <param name="recursive">With the mounts below it.</param>
    /// <param name="set">Attributes to set, for example read-only; with <paramref name="recursive"/> on all of them.</param>
    /// <param name="mapBelow">Whether the ids of the mounts below are mapped as well.</param>
    /// <returns>A detached mount, for move_mount(2).</returns>
    /// <exception cref="ContainerToolsException">BindNotIdMappable: the file system at or below the path cannot be id-mapped.</exception>
    /// <exception cref="LinuxException">The path cannot be opened.</exception>
    public static SafeFileHandle Open(string source, SafeFileHandle? userNamespace, bool recursive = true, MountAttributes set = MountAttributes.None,
        bool mapBelow = true)
    {
        var tree = MountApi.OpenTree(null, source, OpenTreeFlags.Clone | (recursive ? OpenTreeFlags.Recursive : OpenTreeFlags.None));
        try
        {
            if (userNamespace is not null)
                MountApi.SetAttributes(tree, MountAttributes.IdMap, userNamespace: userNamespace, recursive: recursive && mapBelow);
            if (set != MountAttributes.None)
                MountApi.SetAttributes(tree, set, recursive: recursive);
            return tree;
        }
        catch (LinuxException e) when (userNamespace is not null && e.Operation == "mount_setattr" && e.Errno is InvalidArgument or NotPermitted)
        {
            tree.Dispose();
            var types = string.Join(", ", MountsOf(source, recursive && mapBelow).Select(mount => $"{mount.Type} at {mount.MountPoint}"));
            throw new ContainerToolsException("BindNotIdMappable", ErrorKind.NotSupported,
                $"'{source}' cannot be mounted with the container's user ids: its file systems ({types}) include one that does not support id-mapped mounts, " +
                "or that is id-mapped already. Use a directory on another file system, or run the container with -UserNamespace host.", source, e);
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    private static IEnumerable<MountEntry> MountsOf(string source, bool recursive)
    {
        var path = Path.GetFullPath(source);
        if (MountTable.Holding(path) is { } holding)
            yield return holding;
        if (!recursive)
            yield break;
        foreach (var entry in MountTable.Read())
        {
            if (entry.MountPoint.Length > path.Length && MountTable.IsBeneath(entry.MountPoint, path))
                yield return entry;
        }
    }
}
