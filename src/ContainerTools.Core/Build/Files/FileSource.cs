using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Users;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Core.Build.Files;

/// <summary>A tree of files, open for reading: a directory of the host, or an image's layers as the kernel shows them.</summary>
/// <param name="root">The root directory, closed with this; null for an empty tree.</param>
internal sealed class FileSource(EntryDirectory? root) : IDisposable
{
    /// <summary>A tree without files.</summary>
    internal static FileSource Empty { get; } = new(null);

    /// <summary>The root directory; null for an empty tree.</summary>
    internal EntryDirectory? Root => root;

    /// <summary>The root directory's descriptor, where this process has it open; -1 otherwise.</summary>
    internal int Descriptor => (root as LocalDirectory)?.Descriptor ?? -1;

    /// <summary>Opens a directory that this user can read.</summary>
    internal static FileSource OfDirectory(string path) => new(LocalDirectory.Open(path));

    /// <summary>What is at a path; a link is itself.</summary>
    /// <param name="path">Without a leading slash and links; empty for the root.</param>
    /// <param name="status">What it is.</param>
    internal bool TryFind(byte[] path, out FileStatus status)
    {
        status = default;
        return root is not null && root.Status(NameOf(path), out status) >= 0;
    }

    /// <summary>Opens a directory of the tree for reading.</summary>
    /// <param name="path">Without a leading slash and links; empty for the root.</param>
    internal EntryDirectory OpenDirectory(byte[] path)
    {
        EntryDirectory? directory = null;
        int error = root?.TryOpen(NameOf(path), out directory) ?? -Errno.ENOENT;
        return directory ?? throw new LinuxException(-error, "open", PathBytes.Display(path));
    }

    /// <summary>Opens a file of the tree for reading.</summary>
    /// <param name="path">Without a leading slash and links.</param>
    internal SafeFileHandle OpenFile(byte[] path)
    {
        SafeFileHandle? file = null;
        int error = root?.TryOpenFile(NameOf(path), out file) ?? -Errno.ENOENT;
        return file ?? throw new LinuxException(-error, "open", PathBytes.Display(path));
    }

    /// <summary>A text file's content, links followed inside the tree; null when it is not there.</summary>
    internal string? ReadText(string path) => root is null ? null : RootedFile.Read(root, path);

    public void Dispose() => root?.Dispose();

    private static byte[] NameOf(byte[] path) => path.Length == 0 ? EntryDirectory.Self : PathBytes.Terminated(path);
}
