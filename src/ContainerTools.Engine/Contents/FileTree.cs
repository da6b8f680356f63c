using ContainerTools.Engine.Users;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Contents;

/// <summary>
/// Where paths are looked up: the host, or a container's root, out of which no link leads (openat2(2), RESOLVE_IN_ROOT), whoever changes the tree meanwhile.
/// </summary>
internal class FileTree : IDisposable
{
    private readonly SafeFileHandle? _root;

    protected FileTree(SafeFileHandle? root, IdMapping ids)
    {
        _root = root;
        Ids = ids;
    }

    /// <summary>The host's files.</summary>
    public static FileTree Host { get; } = new(null, IdMapping.None);

    /// <summary>The owners of its files.</summary>
    public IdMapping Ids { get; }

    public virtual void Dispose()
    {
        _root?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>openat(2) or openat2(2); links are followed.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="flags">How.</param>
    /// <returns>The descriptor, or the negative error number.</returns>
    public int Open(string path, int flags)
    {
        byte[] bytes = PathBytes.Terminated(path);
        return _root is null
            ? FileCalls.OpenAt(FileCalls.WorkingDirectory, bytes, flags)
            : FileCalls.OpenAt2((int)_root.DangerousGetHandle(), bytes, flags, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks);
    }

    /// <summary>Opens a directory as a handle for names in it.</summary>
    /// <exception cref="LinuxException">It is not there, or is no directory.</exception>
    public SafeFileHandle OpenDirectory(string path) =>
        new(LinuxException.ThrowIfFailed(Open(path, OpenFlags.Path | OpenFlags.Directory), "open", path), ownsHandle: true);

    /// <summary>Whether a path is a directory, or a link to one.</summary>
    public bool IsDirectory(string path)
    {
        int fd = Open(path, OpenFlags.Path | OpenFlags.Directory);
        if (fd >= 0)
            _ = FileCalls.Close(fd);
        return fd >= 0;
    }

    /// <summary>Reads a small text file as the tree has it.</summary>
    /// <returns>The text; null where there is no such file, or nothing that can be read as one.</returns>
    public string? TryReadText(string path)
    {
        try
        {
            return _root is null ? null : RootedFile.Read(_root, path);
        }
        catch (Exception e) when (e is IOException or ContainerToolsException)
        {
            return null;
        }
    }

    /// <summary>Whether a path is a file that somebody may execute.</summary>
    public bool IsProgram(string path)
    {
        const uint Execute = 0x49; // 0111
        int fd = Open(path, OpenFlags.Path);
        if (fd < 0)
            return false;
        bool program = FileCalls.Status(fd, out var status) >= 0 && status.Type == FileType.Regular && (status.Mode & Execute) != 0;
        _ = FileCalls.Close(fd);
        return program;
    }

    /// <summary>Makes a directory and those above it.</summary>
    public void MakeDirectories(string path)
    {
        string made = "/";
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            string next = made == "/" ? "/" + name : $"{made}/{name}";
            if (!IsDirectory(next))
            {
                using var parent = OpenDirectory(made);
                LinuxException.ThrowIfFailed(FileCalls.MakeDirectoryAt((int)parent.DangerousGetHandle(), PathBytes.Terminated(name), 0x1ED /* 0755 */), "mkdir", next);
            }
            made = next;
        }
    }
}
