using ContainerTools.Engine.Layers;
using ContainerTools.Engine.RootFileSystems;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Contents;

/// <summary>A directory that this process has open. Not for several threads at once.</summary>
/// <param name="handle">The descriptor, which is closed with this.</param>
/// <param name="attributes">Reads attributes; null for one of its own.</param>
/// <param name="mount">What it needs to stay; disposed of with this.</param>
internal sealed class LocalDirectory(SafeFileHandle handle, ExtendedAttributeReader? attributes = null, IDisposable? mount = null) : EntryDirectory
{
    private const ResolveFlags Confined = ResolveFlags.Beneath | ResolveFlags.NoSymbolicLinks;

    private ExtendedAttributeReader? _attributes = attributes;

    /// <summary>The descriptor's number.</summary>
    public int Descriptor => (int)handle.DangerousGetHandle();

    /// <summary>A descriptor that stays its owner's.</summary>
    public static LocalDirectory Of(int descriptor, ExtendedAttributeReader? attributes = null) => new(new SafeFileHandle(descriptor, ownsHandle: false), attributes);

    /// <summary>Opens a directory of the host.</summary>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public static LocalDirectory Open(string path) => new(Open(FileCalls.WorkingDirectory, path));

    /// <summary>Mounts directories on one another, attached nowhere. On older kernels the calling thread has a mount namespace of its own afterwards, so it should be one that ends.</summary>
    /// <param name="directories">The directories, the base first; at least one.</param>
    /// <param name="attributes">Reads attributes; null for one of its own.</param>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    public static LocalDirectory OfLayers(IEnumerable<string> directories, ExtendedAttributeReader? attributes = null)
    {
        var mount = RootFileSystem.Mount(new OverlayLayers([.. directories.Reverse()]));
        try
        {
            return new LocalDirectory(Open((int)mount.DangerousGetHandle(), "."), attributes, mount);
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }

    public override List<byte[]> Names() => EntryComparison.Names(Descriptor);

    public override int Status(byte[] path, out FileStatus status) => FileCalls.StatusAt(Descriptor, path, out status);

    public override int TryOpen(byte[] path, out EntryDirectory? directory)
    {
        int fd = FileCalls.OpenAt2(Descriptor, path, OpenFlags.ReadOnly | OpenFlags.Directory, 0, Confined);
        directory = fd < 0 ? null : new LocalDirectory(new SafeFileHandle(fd, ownsHandle: true), _attributes ??= new ExtendedAttributeReader());
        return Math.Min(fd, 0);
    }

    public override int TryOpenFile(byte[] path, out SafeFileHandle? file) => Open(path, Confined, out file);

    public override int TryFollow(byte[] path, out SafeFileHandle? file) => Open(path, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out file);

    public override byte[] Link(byte[] path) => EntryComparison.Link(Descriptor, path);

    public override List<TarExtendedAttribute>? Attributes(byte[] name) => (_attributes ??= new ExtendedAttributeReader()).Read(Descriptor, name);

    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        handle.Dispose();
        mount?.Dispose();
    }

    private static SafeFileHandle Open(int directory, string path) => new(
        LinuxException.ThrowIfFailed(FileCalls.OpenAt(directory, PathBytes.Terminated(path), OpenFlags.ReadOnly | OpenFlags.Directory), "open", path), ownsHandle: true);

    private int Open(byte[] path, ResolveFlags resolve, out SafeFileHandle? file)
    {
        int fd = FileCalls.OpenAt2(Descriptor, path, OpenFlags.ReadOnly | OpenFlags.NonBlocking, 0, resolve);
        file = fd < 0 ? null : new SafeFileHandle(fd, ownsHandle: true);
        return Math.Min(fd, 0);
    }
}
