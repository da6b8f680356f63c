using ContainerTools.Engine;
using ContainerTools.Engine.RootFileSystems;
using ContainerTools.Engine.Specs;
using ContainerTools.Engine.Users;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Trees;
using ContainerTools.Oci.Runtime;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Launching;

/// <content>The container's root file system: how it is opened, who its users are, what a tmpfs takes from it.</content>
internal sealed partial class ContainerLauncher
{
    private SafeFileHandle OpenRoot(SafeFileHandle? userNamespace, int pid)
    {
        if (_mounts.OwnRoot is { } own)
        {
            // To look up the user; the process opens what it mounts.
            var fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, PathBytes.Terminated(own), OpenFlags.Path | OpenFlags.Directory);
            return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw RootNotFound(own, new LinuxException(-fd, "open", own));
        }
        var annotations = _spec.Annotations;
        if (annotations?.GetValueOrDefault(Annotations.Layers) is { Length: > 0 } layers)
        {
            var maps = annotations.GetValueOrDefault(Annotations.IdMapped) == "true" ? userNamespace : null;
            var overlay = new OverlayLayers(layers.Split('\n'), annotations.GetValueOrDefault(Annotations.Upper), annotations.GetValueOrDefault(Annotations.Work))
            {
                Label = MountSteps.MountLabel(_spec),
                Volatile = annotations.GetValueOrDefault(Annotations.Volatile) == "true",
            };
            if (maps is null)
                return RootFileSystem.Mount(overlay, later: _later);
            var (users, groups) = _namespaces.Users.Count > 0 ? (_namespaces.Users, _namespaces.Groups) : (IdMap.Read(pid), IdMap.Read(pid, groups: true));
            return RootFileSystem.Mount(overlay, maps, IdMap.ToOutside(users, 0) ?? 0, IdMap.ToOutside(groups, 0) ?? 0, later: _later);
        }
        var path = RootDirectory(_spec, _bundle);
        try
        {
            // A file could be mounted as a root too, and only then nothing be found in it.
            var tree = MountApi.OpenTree(null, path + "/.", OpenTreeFlags.Clone | OpenTreeFlags.Recursive);
            // A copy of a shared mount shares with the host: what is mounted below it later would appear there.
            var inherits = _spec.Linux?.RootfsPropagation is { Length: > 0 } and not ("private" or "rprivate");
            MountApi.SetAttributes(tree, MountAttributes.None, propagation: inherits ? MountPropagation.Slave : MountPropagation.Private, recursive: true);
            return tree;
        }
        catch (LinuxException e)
        {
            throw RootNotFound(path, e);
        }
    }

    private static string RootDirectory(RuntimeSpec spec, string bundle)
    {
        if (!OwnCapabilities.CanAdministrate && spec.Annotations?.GetValueOrDefault(Annotations.Layers) is { Length: > 0 })
            throw new ContainerToolsException("LayersNeedRoot", ErrorKind.PermissionDenied, "The container's root file system is made of layers, which only root can mount.");
        return Path.GetFullPath(spec.Root?.Path ?? throw NamespacePlan.Invalid("it has no root"), bundle);
    }

    private static ContainerToolsException RootNotFound(string path, LinuxException e) =>
        new("RootFileSystemNotFound", ErrorKind.NotFound, $"The container's root file system '{path}' cannot be opened: {LinuxException.Describe(e.Errno)}.", path, e);

    private ResolvedUser ResolveUser(SafeFileHandle root) => ResolveUser(root, _spec.Process!.User, _spec.Annotations?.GetValueOrDefault(Annotations.User),
        _spec.Annotations?.GetValueOrDefault(Annotations.Groups)?.Split('\n') ?? []);

    /// <summary>Looks a user up in a root file system.</summary>
    /// <param name="root">The root.</param>
    /// <param name="numbers">The document's numbers: the whole truth, but for the home directory, when there is no text.</param>
    /// <param name="text">The user as text, or null.</param>
    /// <param name="groups">Groups to add, names or numbers.</param>
    public static ResolvedUser ResolveUser(SafeFileHandle root, UserSpec numbers, string? text, IReadOnlyList<string> groups)
    {
        var resolved = UserResolver.Resolve(text ?? numbers.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture), groups, path => RootedFile.Read(root, path));
        if (text is not null)
            return resolved;
        // The document says all; of names that come beside it only what they add.
        var added = new List<uint>(numbers.AdditionalGids ?? []);
        foreach (var group in groups.Count > 0 ? resolved.AdditionalGroups : [])
        {
            if (group != resolved.GroupId && !added.Contains(group))
                added.Add(group);
        }
        return resolved with { UserId = numbers.Uid, GroupId = numbers.Gid, AdditionalGroups = added };
    }

    // What the mount point has, with owners as they are on the host: the process's own ids for the container's.
    private void CopyUp(SafeFileHandle source, SafeFileHandle target, int pid)
    {
        using (source)
        using (target)
        using (var from = Reopen(source))
        using (var to = Reopen(target))
        using (RootIdentity(pid))
        {
            try
            {
                new TreeCopy(CancellationToken.None).CopyDirectory((int)from.DangerousGetHandle(), (int)to.DangerousGetHandle());
            }
            catch (LinuxException e)
            {
                throw ContainerToolsException.FromIO(e, "CopyUpFailed", "A tmpfs with the option 'tmpcopyup' could not be filled");
            }
        }

        static SafeFileHandle Reopen(SafeFileHandle handle)
        {
            var path = $"/proc/self/fd/{handle.DangerousGetHandle()}";
            var fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), OpenFlags.ReadOnly | OpenFlags.Directory);
            return new SafeFileHandle(LinuxException.ThrowIfFailed(fd, "open", path), ownsHandle: true);
        }
    }

    // A file system of the container's user namespace takes files only from those that it maps.
    private FileSystemIdentity? RootIdentity(int pid)
    {
        if (!_namespaces.HasUser)
            return null;
        return new FileSystemIdentity(IdMap.ToOutside(IdMap.Read(pid), 0) ?? 0, IdMap.ToOutside(IdMap.Read(pid, groups: true), 0) ?? 0);
    }
}
