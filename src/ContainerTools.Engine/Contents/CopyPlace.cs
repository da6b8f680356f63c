using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Contents;

/// <summary>A name in an open directory, or (without a name) the directory itself.</summary>
/// <param name="Directory">The directory.</param>
/// <param name="Name">The name, ending in NUL; null for the directory itself.</param>
internal sealed record CopyPlace(SafeFileHandle Directory, byte[]? Name) : IDisposable
{
    private const int MaximumLinks = 40; // As the kernel's own (path_resolution(7)).

    /// <summary>The place as it is named to people.</summary>
    public required string Text { get; init; }

    public int Fd => (int)Directory.DangerousGetHandle();

    public bool IsDirectory => Name is null || (FileCalls.StatusAt(Fd, Name, out var status) >= 0 && status.IsDirectory);

    public void Dispose() => Directory.Dispose();

    /// <summary>Finds what is to be copied. A link as the last part of the path is the link itself, unless a slash follows.</summary>
    /// <exception cref="ContainerToolsException">ItemNotFound.</exception>
    public static CopyPlace OfSource(FileTree tree, ContainerPath path)
    {
        try
        {
            string text = path.Path;
            string last = text[(text.LastIndexOf('/') + 1)..];
            if (last is "." or ".." || text.Trim('/').Length == 0)
                return new(tree.OpenDirectory(text), null) { Text = path.ToString() };
            string trimmed = text.TrimEnd('/');
            byte[] name = PathBytes.Terminated(trimmed[(trimmed.LastIndexOf('/') + 1)..]);
            var parent = tree.OpenDirectory(Parent(trimmed));
            var place = new CopyPlace(parent, name) { Text = path.ToString() };
            LinuxException.ThrowIfFailed(FileCalls.StatusAt(place.Fd, name, out var status), "stat", text);
            if (last.Length > 0 || status.IsDirectory)
                return place;
            parent.Dispose();
            // The directory behind a link, under the link's name: only the name is asked for when there is a directory to put it in.
            return new(tree.OpenDirectory(text), null) { Text = path.ToString() };
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
        {
            throw new ContainerToolsException("ItemNotFound", ErrorKind.NotFound, $"There is nothing at '{path}' to copy ({LinuxException.Describe(e.Errno)}).", path.ToString(), e);
        }
    }

    /// <summary>Finds where it is to be copied to: into an existing directory, under the source's name, or else to the name that the path ends in.</summary>
    /// <param name="tree">Where the path leads.</param>
    /// <param name="path">The destination.</param>
    /// <param name="source">What is copied there.</param>
    /// <exception cref="ContainerToolsException">DestinationNotFound.</exception>
    public static CopyPlace OfDestination(FileTree tree, ContainerPath path, CopyPlace source)
    {
        try
        {
            int existing = tree.Open(path.Path, OpenFlags.Path | OpenFlags.Directory);
            if (existing >= 0)
            {
                string text = path.ToString();
                return new(new SafeFileHandle(existing, ownsHandle: true), source.Name) { Text = source.Name is null ? text : $"{text.TrimEnd('/')}/{PathBytes.Display(source.Name)}" };
            }
            if (existing is not (-Errno.ENOENT or -Errno.ENOTDIR) || (path.Path.EndsWith('/') && !source.IsDirectory))
                throw new LinuxException(-existing, "open", path.Path);
            return OfNew(tree, path.Path.TrimEnd('/'), path.ToString());
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
        {
            throw new ContainerToolsException("DestinationNotFound", ErrorKind.NotFound,
                e.Errno == Errno.ENOTDIR
                    ? $"Nothing can be copied to '{path}': what the path takes for a directory is none."
                    : $"Nothing can be copied to '{path}': the directory to hold it is not there ({LinuxException.Describe(e.Errno)}). Make it first.", path.ToString(), e);
        }
    }

    // What is there already may be a link to a file, or to nothing yet: then the place is where it points, within the tree.
    private static CopyPlace OfNew(FileTree tree, string path, string text)
    {
        byte[] target = new byte[4096];
        for (int links = 0; links < MaximumLinks; links++)
        {
            string trimmed = path.TrimEnd('/');
            byte[] name = PathBytes.Terminated(trimmed[(trimmed.LastIndexOf('/') + 1)..]);
            var parent = tree.OpenDirectory(Parent(trimmed));
            int length = FileCalls.ReadLinkAt((int)parent.DangerousGetHandle(), name, target);
            if (length < 0)
                return new(parent, name) { Text = text };
            parent.Dispose();
            string link = Encoding.UTF8.GetString(target.AsSpan(0, Math.Min(length, target.Length)));
            path = link.StartsWith('/') ? link : $"{Parent(trimmed).TrimEnd('/')}/{link}";
        }
        throw new LinuxException(Errno.ELOOP, "open", path);
    }

    private static string Parent(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";
}
