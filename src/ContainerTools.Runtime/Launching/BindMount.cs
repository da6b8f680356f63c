using ContainerTools.Engine;
using ContainerTools.Engine.RootFileSystems;
using ContainerTools.Engine.Specs;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Launching;

/// <summary>A bind mount, opened by the runtime, which sees the host's files with its own rights, and attached by the container's process.</summary>
internal sealed class BindMount
{
    private readonly MountOptions _options;
    private readonly MountSpec _mount;

    // Maps other than the container's, or null.
    private readonly (List<IdMap> Users, List<IdMap> Groups)? _maps;

    public BindMount(MountSpec mount, MountOptions options, string bundle, NamespacePlan namespaces)
    {
        _mount = mount;
        _options = options;
        _maps = options.Maps is { } named ? (named.Users(namespaces.Users), named.Groups(namespaces.Groups))
            : mount.UidMappings is { Count: > 0 } ? (NamespacePlan.ReadMaps(mount.UidMappings), NamespacePlan.ReadMaps(mount.GidMappings))
            : null;
        if (ForeignMounts.Is(mount))
        {
            (Source, IsDirectory) = (mount.Destination, MountTypes.OptionOf(mount, MountTypes.File) is null);
            return;
        }
        var source = mount.Source ?? throw NamespacePlan.Invalid($"the mount at '{mount.Destination}' has no source");
        Source = Path.GetFullPath(source, bundle);
        // Follows symbolic links, as the mount will.
        if (Directory.Exists(Source))
            IsDirectory = true;
        else if (!Exists(Source))
            throw new ContainerToolsException("MountSourceNotFound", ErrorKind.NotFound,
                $"The mount at '{mount.Destination}' cannot be made: there is nothing at '{Source}' on the host.", Source);
    }

    public string Source { get; }

    public bool IsDirectory { get; }

    private MountPropagation Propagation => _options.Propagation == MountPropagation.Unchanged ? MountPropagation.Private : _options.Propagation;

    private bool PropagationRecursive => _options.PropagationRecursive || _options.Propagation == MountPropagation.Unchanged;

    /// <summary>Opens the tree, ready to be attached.</summary>
    /// <param name="userNamespace">The container's user namespace, or null.</param>
    /// <param name="ownMaps">Makes a user namespace for a mount's own maps.</param>
    public SafeFileHandle Open(SafeFileHandle? userNamespace, Func<IReadOnlyList<IdMap>, IReadOnlyList<IdMap>, SafeFileHandle> ownMaps)
    {
        SafeFileHandle? maps = null;
        if (_maps is var (users, groups))
            maps = ownMaps(users, groups);
        else if (_options.IsIdMapped)
            // Without one the container's ids are the host's, and mapping them would change nothing.
            maps = userNamespace;
        try
        {
            var tree = ForeignMounts.Is(_mount) ? ForeignMounts.Open(_mount, maps) : IdMappedBind.Open(Source, maps, _options.IsRecursive, mapBelow: _options.IsIdMappedBelow);
            if (_options.Set != 0 || _options.Clear != 0)
                MountApi.SetAttributes(tree, _options.Set, _options.Clear);
            if (_options.RecursiveSet != 0 || _options.RecursiveClear != 0)
                MountApi.SetAttributes(tree, _options.RecursiveSet, _options.RecursiveClear, recursive: true);
            MountApi.SetAttributes(tree, MountAttributes.None, propagation: Propagation, recursive: PropagationRecursive);
            return tree;
        }
        finally
        {
            if (maps != userNamespace)
                maps?.Dispose();
        }
    }

    /// <summary>Adds the same as steps of the container's process, for which the host's root is still its own.</summary>
    public CallStep AddOpening(ChildSteps steps, string destination)
    {
        var tree = steps.CloneHost(Source, _options.IsRecursive);
        if (_options.Set != 0 || _options.Clear != 0)
            steps.SetAttributes(tree, destination, (ulong)_options.Set, (ulong)_options.Clear);
        if (_options.RecursiveSet != 0 || _options.RecursiveClear != 0)
            steps.SetAttributes(tree, destination, (ulong)_options.RecursiveSet, (ulong)_options.RecursiveClear, recursive: true);
        steps.SetAttributes(tree, destination, 0, propagation: (ulong)Propagation, recursive: PropagationRecursive);
        return tree;
    }

    // File.Exists tells of regular files only; sockets and devices are bound as well.
    private static bool Exists(string path)
    {
        var fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, System.Text.Encoding.UTF8.GetBytes(path + '\0'), OpenFlags.Path);
        if (fd >= 0)
            _ = FileCalls.Close(fd);
        return fd >= 0 || fd is not (-Errno.ENOENT or -Errno.ENOTDIR);
    }
}
