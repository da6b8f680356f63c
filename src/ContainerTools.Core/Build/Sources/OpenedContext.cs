using System.Text;
using ContainerTools.Core.Build.Files;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Core.Build.Sources;

/// <summary>A build context as a directory of this machine.</summary>
/// <param name="Directory">The directory.</param>
/// <param name="Foreign">Opens it, where somebody else has filled it, so that links in it must not lead out of it and its files may have any owner; null for a directory of the user's.</param>
/// <param name="Containerfile">The Containerfile, where the context came as one.</param>
internal sealed record OpenedContext(string Directory, TreeOpener? Foreign, byte[]? Containerfile)
{
    /// <summary>The path of a file in the context, or of one that the user names.</summary>
    internal string Resolve(string name)
    {
        if (Foreign is null)
        {
            return Path.Combine(Directory, name);
        }

        using var root = Foreign.OpenDirectory(Directory);
        return Path.Combine(Directory, Encoding.UTF8.GetString(RootedPath.Resolve(root.Root, Encoding.UTF8.GetBytes(name))));
    }

    /// <summary>Whether there is something but a directory at such a path.</summary>
    internal bool HasFile(string path)
    {
        if (Foreign is null)
        {
            return File.Exists(path);
        }

        using var root = Foreign.OpenDirectory(Directory);
        return root.TryFind(Inside(path), out var status) && !status.IsDirectory;
    }

    /// <summary>Opens a file at such a path, whatever it is: a FIFO does not wait for a writer.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal SafeFileHandle OpenFile(string path)
    {
        if (Foreign is null)
        {
            return FileCalls.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        }

        using var root = Foreign.OpenDirectory(Directory);
        return root.OpenFile(Inside(path));
    }

    private byte[] Inside(string path) => Encoding.UTF8.GetBytes(Path.GetRelativePath(Directory, path));
}
