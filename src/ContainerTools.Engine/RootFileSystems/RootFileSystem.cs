using ContainerTools.Engine.Rootless;
using ContainerTools.Linux;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Trees;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.RootFileSystems;

/// <summary>
/// A container's root file system: the layers under one writable layer, mounted but attached nowhere, so that it disappears with the last
/// descriptor or mount namespace that holds it.
/// </summary>
/// <remarks>
/// With a user namespace every layer is an id-mapped mount: files on disk keep plain ids and nothing is ever chowned. Linux 6.13 and later take
/// the layers as descriptors of detached mounts; before, they are attached in a mount namespace of the calling thread and named by path.
/// </remarks>
public static class RootFileSystem
{
    private const int InvalidArgument = 22, NotSupported = 95, BadDescriptor = 9;

    /// <summary>Mounts an overlay.</summary>
    /// <param name="layers">The directories.</param>
    /// <param name="userNamespace">The container's user namespace, or null to leave ids as they are.</param>
    /// <param name="rootUserId">The host's id of the container's user 0: what the overlay creates files with.</param>
    /// <param name="rootGroupId">The host's id of the container's group 0.</param>
    /// <param name="attributes">Attributes of the mount, for example read-only.</param>
    /// <param name="later">Gets what is to be closed some time afterwards; each detached mount costs the kernel a grace period of 0.1 ms. Null closes it now.</param>
    /// <returns>A detached mount, for move_mount(2) or openat(2).</returns>
    /// <exception cref="LinuxException">A layer is missing, or the kernel refuses the mount.</exception>
    /// <remarks>On kernels before 6.13 the calling thread is in a mount namespace of its own afterwards.</remarks>
    public static SafeFileHandle Mount(OverlayLayers layers, SafeFileHandle? userNamespace = null, uint rootUserId = 0, uint rootGroupId = 0,
        MountAttributes attributes = MountAttributes.None, ICollection<IDisposable>? later = null)
    {
        if (layers.Upper is null && layers.Lower.Count == 1)
            return MountSingle(layers.Lower[0], userNamespace, attributes);
        try
        {
            return MountByDescriptor(layers, userNamespace, rootUserId, rootGroupId, attributes, later);
        }
        catch (LinuxException e) when (e.Operation == "fsconfig" && e.Errno is InvalidArgument or NotSupported or BadDescriptor)
        {
            // This kernel's overlayfs does not take descriptors, or not of detached mounts.
            return MountByPath(layers, userNamespace, rootUserId, rootGroupId, attributes);
        }
    }

    private static SafeFileHandle MountSingle(string lower, SafeFileHandle? userNamespace, MountAttributes attributes)
    {
        // overlayfs wants two layers at least; one alone is a bind mount of it.
        var tree = CloneTree(lower, userNamespace);
        MountApi.SetAttributes(tree, attributes | MountAttributes.ReadOnly);
        return tree;
    }

    private static SafeFileHandle MountByDescriptor(OverlayLayers layers, SafeFileHandle? userNamespace, uint user, uint group, MountAttributes attributes, ICollection<IDisposable>? later)
    {
        // All stay open until the superblock exists: it takes its references then.
        var open = new HandleBag();
        try
        {
            using var overlay = MountApi.FsOpen("overlay");
            MountApi.Configure(overlay, "source", "containertools");
            foreach (var lower in layers.Lower)
                MountApi.Configure(overlay, "lowerdir+", open.Add(CloneTree(lower, userNamespace)));
            if (layers.Upper is not null)
            {
                var (upper, work) = OpenWritable(layers, open.Add(CloneTree(Parent(layers), userNamespace)), open);
                MountApi.Configure(overlay, "upperdir", upper);
                MountApi.Configure(overlay, "workdir", work);
                if (layers.Volatile)
                    MountApi.Configure(overlay, "volatile");
            }
            ConfigurePortable(overlay);
            if (layers.Label is { } label)
                MountApi.Configure(overlay, "context", label);
            using (Identity(userNamespace, user, group))
                MountApi.Create(overlay, "overlay");
            return MountApi.FsMount(overlay, attributes);
        }
        finally
        {
            if (later is null)
                open.Dispose();
            else
                later.Add(open);
        }
    }

    private static SafeFileHandle MountByPath(OverlayLayers layers, SafeFileHandle? userNamespace, uint user, uint group, MountAttributes attributes)
    {
        MountApi.EnterPrivateNamespace();
        using var open = new HandleBag();
        var covered = new Stack<string>();
        try
        {
            // Each id-mapped copy covers its own directory, in this namespace only; by descriptor a layer's name is short, and mount(2) takes one page.
            var lower = new List<string>(layers.Lower.Count);
            foreach (var directory in layers.Lower)
                lower.Add(Name(Cover(directory, userNamespace, open, covered)));
            var options = $"lowerdir={string.Join(':', lower)},index=off,metacopy=off,{(UserSession.IsRootless ? "userxattr" : "redirect_dir=off")}";
            if (layers.Upper is not null)
            {
                var (upper, work) = OpenWritable(layers, Cover(Parent(layers), userNamespace, open, covered), open);
                options += $",upperdir={Name(upper)},workdir={Name(work)}{(layers.Volatile ? ",volatile" : "")}";
            }
            // Quoted, since a label has commas.
            if (layers.Label is { } label)
                options += $",context=\"{label}\"";
            // Any directory serves to attach it to: the copy that is returned is detached again.
            var target = layers.Lower[0];
            using (Identity(userNamespace, user, group))
                MountApi.Mount("containertools", target, "overlay", 0, options);
            covered.Push(target);
            var tree = MountApi.OpenTree(null, target, OpenTreeFlags.Clone);
            if (attributes != MountAttributes.None)
                MountApi.SetAttributes(tree, attributes);
            return tree;
        }
        finally
        {
            // The overlay has references of its own. Through a copy that stayed, the calling process could not write beside the layers: its own ids are not in the map.
            foreach (var directory in covered)
                MountApi.Detach(directory);
        }
    }

    private static SafeFileHandle Cover(string directory, SafeFileHandle? userNamespace, HandleBag open, Stack<string> covered)
    {
        var tree = open.Add(CloneTree(directory, userNamespace));
        MountApi.MoveMount(tree, null, directory);
        covered.Push(directory);
        return tree;
    }

    private static SafeFileHandle CloneTree(string directory, SafeFileHandle? userNamespace)
    {
        var tree = MountApi.OpenTree(null, directory, OpenTreeFlags.Clone);
        try
        {
            if (userNamespace is not null)
                MountApi.SetAttributes(tree, MountAttributes.IdMap, userNamespace: userNamespace);
            return tree;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    // upper and work must lie on one mount, so both are opened below one copy of their parent.
    private static (SafeFileHandle Upper, SafeFileHandle Work) OpenWritable(OverlayLayers layers, SafeFileHandle parent, HandleBag open)
    {
        var work = layers.Work ?? throw new ArgumentException("A writable layer needs a work directory.", nameof(layers));
        if (Path.GetDirectoryName(work) != Parent(layers))
            throw new ArgumentException($"The work directory '{work}' is not beside the writable layer '{layers.Upper}'.", nameof(layers));
        // The mark of an earlier mount, by which overlayfs refuses one that may have lost something in a crash. In this boot nothing was lost.
        if (layers.Volatile)
            TreeRemoval.Remove(Path.Combine(work, "work", "incompat"));
        return (open.Add(MountApi.OpenTree(parent, Path.GetFileName(layers.Upper!), OpenTreeFlags.None)),
            open.Add(MountApi.OpenTree(parent, Path.GetFileName(work), OpenTreeFlags.None)));
    }

    // Layers and their differences stay readable by any other tool: no overlay-only redirects or metadata-only copies in the writable layer.
    private static void ConfigurePortable(SafeFileHandle overlay)
    {
        MountApi.Configure(overlay, "index", "off");
        MountApi.Configure(overlay, "metacopy", "off");
        // Without trusted attributes, which are root's, there are no redirects, and the option is refused.
        if (UserSession.IsRootless)
            MountApi.Configure(overlay, "userxattr");
        else
            MountApi.Configure(overlay, "redirect_dir", "off");
    }

    private static FileSystemIdentity? Identity(SafeFileHandle? userNamespace, uint user, uint group) =>
        userNamespace is null ? null : new FileSystemIdentity(user, group);

    private static string Parent(OverlayLayers layers) => Path.GetDirectoryName(layers.Upper)!;

    private static string Name(SafeFileHandle handle) => $"/proc/self/fd/{handle.DangerousGetHandle()}";
}
