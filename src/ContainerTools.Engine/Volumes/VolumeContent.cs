using System.Text;
using ContainerTools.Engine.RootFileSystems;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Volumes;

/// <summary>Fills a new volume with what an image has at the volume's place.</summary>
internal static class VolumeContent
{
    /// <summary>
    /// Copies a directory of an image, with owners, modes, times, links and extended attributes. The directory that the volume is takes the image's owner and mode. An image
    /// that has nothing there, or no directory, leaves the volume as it is.
    /// </summary>
    /// <param name="layers">The layers' directories, bottom first.</param>
    /// <param name="path">The place, absolute inside the image.</param>
    /// <param name="target">The volume's directory: new and empty.</param>
    /// <param name="cancellationToken">Ends the copy with an exception.</param>
    public static void TakeOver(IReadOnlyList<string> layers, string path, string target, CancellationToken cancellationToken)
    {
        if (layers.Count == 0)
            return;
        Exception? failure = null;
        // On older kernels mounting puts the thread into a mount namespace of its own, so it is one that ends here.
        var thread = new Thread(() =>
        {
            try
            {
                Copy(layers, path, target, cancellationToken);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    private static void Copy(IReadOnlyList<string> layers, string path, string target, CancellationToken cancellationToken)
    {
        using SafeFileHandle root = RootFileSystem.Mount(new OverlayLayers([.. layers.Reverse()]));
        int from = FileCalls.OpenAt2((int)root.DangerousGetHandle(), Encoding.UTF8.GetBytes(path.TrimStart('/') + '\0'), OpenFlags.ReadOnly | OpenFlags.Directory, 0, ResolveFlags.InRoot);
        if (from is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ELOOP)
            return;
        LinuxException.ThrowIfFailed(from, "openat2", path);
        try
        {
            int to = LinuxException.ThrowIfFailed(FileCalls.OpenAt(FileCalls.WorkingDirectory, Encoding.UTF8.GetBytes(target + '\0'), OpenFlags.ReadOnly | OpenFlags.Directory), "open", target);
            try
            {
                new TreeCopy(cancellationToken).CopyDirectory(from, to);
                LinuxException.ThrowIfFailed(FileCalls.SyncFileSystem(to), "syncfs", target);
            }
            finally
            {
                _ = FileCalls.Close(to);
            }
        }
        finally
        {
            _ = FileCalls.Close(from);
        }
    }
}
