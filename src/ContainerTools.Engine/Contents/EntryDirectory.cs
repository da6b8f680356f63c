using ContainerTools.Engine.Layers;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Contents;

/// <summary>A directory that is open for reading: by a descriptor of this process, or by another process that may read what this one may not. Names end in NUL.</summary>
internal abstract class EntryDirectory : IDisposable
{
    /// <summary>The directory's own name in itself.</summary>
    public static byte[] Self { get; } = ".\0"u8.ToArray();

    /// <summary>The names in it, in the order of their bytes.</summary>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    public abstract List<byte[]> Names();

    /// <summary>What is at a path without links; a link is itself.</summary>
    /// <returns>0, or the negative error number.</returns>
    public abstract int Status(byte[] path, out FileStatus status);

    /// <summary>Opens a directory in it; no part of the path is a link.</summary>
    /// <returns>0, or the negative error number.</returns>
    public abstract int TryOpen(byte[] path, out EntryDirectory? directory);

    /// <summary>Opens a file for reading; no part of the path is a link. A FIFO does not wait for a writer.</summary>
    /// <returns>0, or the negative error number.</returns>
    public abstract int TryOpenFile(byte[] path, out SafeFileHandle? file);

    /// <summary>Opens a file for reading as a process whose root this is would find it, through links.</summary>
    /// <returns>0, or the negative error number.</returns>
    public abstract int TryFollow(byte[] path, out SafeFileHandle? file);

    /// <summary>A symbolic link's target; empty for what is none.</summary>
    public abstract byte[] Link(byte[] path);

    /// <summary>The extended attributes of an entry, without overlayfs' own; a link's own. Null when there are none.</summary>
    public abstract List<TarExtendedAttribute>? Attributes(byte[] name);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes it.</summary>
    protected abstract void Dispose(bool disposing);
}
