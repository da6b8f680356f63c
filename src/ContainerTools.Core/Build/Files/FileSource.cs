using ContainerTools.Engine;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.RootFileSystems;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Core.Build.Files;

/// <summary>A tree of files, open for reading: a directory of the host, or an image's layers as the kernel shows them.</summary>
internal sealed class FileSource : IDisposable
{
    private const ResolveFlags Confined = ResolveFlags.Beneath | ResolveFlags.NoSymbolicLinks;

    private readonly SafeFileHandle? mount;
    private readonly SafeFileHandle? root;

    private FileSource(SafeFileHandle? mount, SafeFileHandle? root, string? path)
    {
        this.mount = mount;
        this.root = root;
        HostPath = path;
    }

    /// <summary>The root directory's descriptor; -1 for an empty tree.</summary>
    internal int Root => root is null ? -1 : (int)root.DangerousGetHandle();

    /// <summary>The root directory on the host, where it is one.</summary>
    internal string? HostPath { get; }

    /// <summary>Opens a directory of the host.</summary>
    internal static FileSource OfDirectory(string path) => new(null, Open(FileCalls.WorkingDirectory, path), path);

    /// <summary>Mounts layers, attached nowhere. On older kernels the calling thread has a mount namespace of its own afterwards, so it should be one that ends.</summary>
    /// <param name="layers">The layers, the base first.</param>
    internal static FileSource OfLayers(IReadOnlyList<Layer> layers)
    {
        if (layers.Count == 0)
        {
            return new FileSource(null, null, null);
        }

        if (UserSession.IsNeeded)
        {
            throw new ContainerToolsException("BuildCopyNeedsRoot", ErrorKind.PermissionDenied,
                "COPY and ADD look into mounted images, which an ordinary user's shell cannot. Build as root; or make the image from a container: New-Container, Copy-ContainerItem, Invoke-ContainerCommand and New-Image do all of it for ordinary users.");
        }

        var mount = RootFileSystem.Mount(new OverlayLayers([.. layers.Select(static l => l.Path).Reverse()]));
        try
        {
            return new FileSource(mount, Open((int)mount.DangerousGetHandle(), "."), null);
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }

    /// <summary>What is at a path; a link is itself.</summary>
    /// <param name="path">Without a leading slash and links; empty for the root.</param>
    /// <param name="status">What it is.</param>
    internal bool TryFind(byte[] path, out FileStatus status)
    {
        status = default;
        return Root >= 0 && (path.Length == 0 ? FileCalls.Status(Root, out status) : FileCalls.StatusAt(Root, PathBytes.Terminated(path), out status)) >= 0;
    }

    /// <summary>Opens a directory of the tree for reading.</summary>
    /// <param name="path">Without a leading slash and links; empty for the root.</param>
    internal SafeFileHandle OpenDirectory(byte[] path)
    {
        byte[] name = path.Length == 0 ? ".\0"u8.ToArray() : PathBytes.Terminated(path);
        int fd = FileCalls.OpenAt2(Root, name, OpenFlags.ReadOnly | OpenFlags.Directory, 0, Confined);
        return new SafeFileHandle(LinuxException.ThrowIfFailed(fd, "open", PathBytes.Display(path)), ownsHandle: true);
    }

    /// <summary>A text file's content, links followed inside the tree; null when it is not there.</summary>
    internal string? ReadText(string path) => root is null ? null : Engine.Users.RootedFile.Read(root, path);

    public void Dispose()
    {
        root?.Dispose();
        mount?.Dispose();
    }

    private static SafeFileHandle Open(int directory, string path) => new(
        LinuxException.ThrowIfFailed(FileCalls.OpenAt(directory, PathBytes.Terminated(path), OpenFlags.ReadOnly | OpenFlags.Directory), "open", path), ownsHandle: true);
}
