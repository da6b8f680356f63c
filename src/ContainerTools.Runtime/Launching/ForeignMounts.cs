using System.Globalization;
using System.Runtime.ExceptionServices;
using ContainerTools.Engine;
using ContainerTools.Engine.RootFileSystems;
using ContainerTools.Engine.Specs;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Oci.Runtime;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Launching;

/// <summary>Opens the mounts of <see cref="MountTypes"/>, which no path of the host leads to.</summary>
internal static class ForeignMounts
{
    /// <summary>Whether a mount is one of them.</summary>
    public static bool Is(MountSpec mount) => mount.Type is MountTypes.Layers or MountTypes.OfProcess;

    /// <summary>Opens one as a detached mount.</summary>
    /// <param name="mount">The mount.</param>
    /// <param name="userNamespace">The container's user namespace for its ids, or null to leave ids as they are.</param>
    public static SafeFileHandle Open(MountSpec mount, SafeFileHandle? userNamespace)
    {
        string source = mount.Source ?? throw NamespacePlan.Invalid($"the mount at '{mount.Destination}' has no source");
        if (mount.Type == MountTypes.Layers)
            return OfLayers(mount, source.Split('\n'), userNamespace);
        int colon = source.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && int.TryParse(source.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            ? OfProcess(pid, source[(colon + 1)..])
            : throw NamespacePlan.Invalid($"the mount at '{mount.Destination}' has the source '{source}', which names no process");
    }

    private static SafeFileHandle OfLayers(MountSpec mount, string[] layers, SafeFileHandle? userNamespace)
    {
        SafeFileHandle tree;
        if (MountTypes.OptionOf(mount, MountTypes.Writable) is { } directory)
        {
            var overlay = new OverlayLayers(layers, Path.Combine(directory, "upper"), Path.Combine(directory, "work"));
            var root = (MountTypes.OptionOf(mount, MountTypes.Root) ?? "0:0").Split(':');
            tree = RootFileSystem.Mount(overlay, userNamespace, Number(root[0]), Number(root[^1]));
        }
        else
        {
            tree = RootFileSystem.Mount(new OverlayLayers(layers), userNamespace, attributes: MountAttributes.ReadOnly);
        }
        if (MountTypes.OptionOf(mount, MountTypes.SubPath) is not { } path)
            return tree;
        using (tree)
            return OfPath(tree, path, layers[0]);

        static uint Number(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    // The path is looked up once, in the mounted tree and not beyond its root; what it names cannot be exchanged afterwards.
    private static SafeFileHandle OfPath(SafeFileHandle tree, string path, string anyDirectory)
    {
        try
        {
            return Copy(tree);
        }
        catch (LinuxException e) when (e.Operation == "open_tree" && e.Errno == Errno.EINVAL)
        {
            // Before Linux 6.15 only what is attached can be copied.
            SafeFileHandle? copy = null;
            OnOwnThread(path, () =>
            {
                MountApi.EnterPrivateNamespace();
                MountApi.MoveMount(tree, null, anyDirectory);
                copy = Copy(tree);
                MountApi.Detach(anyDirectory);
            });
            return copy!;
        }

        SafeFileHandle Copy(SafeFileHandle from)
        {
            int fd = FileCalls.OpenAt2((int)from.DangerousGetHandle(), PathBytes.Terminated(path), OpenFlags.Path, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks);
            using var found = new SafeFileHandle(LinuxException.ThrowIfFailed(fd, "open", path), ownsHandle: true);
            return MountApi.OpenTree(found, "", OpenTreeFlags.Clone | OpenTreeFlags.EmptyPath);
        }
    }

    // A mount can be copied only from inside its mount namespace, which a thread can enter that shares its root and working directory with no other.
    private static SafeFileHandle OfProcess(int pid, string path)
    {
        SafeFileHandle? tree = null;
        OnOwnThread(FormattableString.Invariant($"{pid}:{path}"), () =>
        {
            using var mounts = NamespaceFile.Open(pid, NamespaceKinds.Mount);
            MountApi.EnterPrivateNamespace();
            NamespaceFile.Enter(mounts, NamespaceKinds.Mount);
            tree = MountApi.OpenTree(null, path, OpenTreeFlags.Clone);
        });
        return tree!;
    }

    private static void OnOwnThread(string what, Action action)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (LinuxException e)
            {
                failure = ExceptionDispatchInfo.Capture(new ContainerToolsException("MountSourceNotFound", ErrorKind.NotFound,
                    $"'{what}' cannot be mounted in the container: {LinuxException.Describe(e.Errno)}.", what, e));
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }
}
