using System.Globalization;
using System.Runtime.ExceptionServices;
using ContainerTools.Engine;
using ContainerTools.Engine.RootFileSystems;
using ContainerTools.Engine.Specs;
using ContainerTools.Linux;
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
            return RootFileSystem.Mount(new OverlayLayers(source.Split('\n')), userNamespace, attributes: MountAttributes.ReadOnly);
        int colon = source.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && int.TryParse(source.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            ? OfProcess(pid, source[(colon + 1)..])
            : throw NamespacePlan.Invalid($"the mount at '{mount.Destination}' has the source '{source}', which names no process");
    }

    // A mount can be copied only from inside its mount namespace, which a thread can enter that shares its root and working directory with no other.
    private static SafeFileHandle OfProcess(int pid, string path)
    {
        SafeFileHandle? tree = null;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var mounts = NamespaceFile.Open(pid, NamespaceKinds.Mount);
                MountApi.EnterPrivateNamespace();
                NamespaceFile.Enter(mounts, NamespaceKinds.Mount);
                tree = MountApi.OpenTree(null, path, OpenTreeFlags.Clone);
            }
            catch (LinuxException e)
            {
                failure = ExceptionDispatchInfo.Capture(new ContainerToolsException("MountSourceNotFound", ErrorKind.NotFound,
                    $"What process {pid} has at '{path}' cannot be shared: {LinuxException.Describe(e.Errno)}.", path, e));
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return tree!;
    }
}
