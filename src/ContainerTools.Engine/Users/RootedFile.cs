using System.Text;
using ContainerTools.Engine.Contents;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Users;

/// <summary>Reads files below a container's root as the container would find them: a link, however it points, never leads out (openat2(2), RESOLVE_IN_ROOT).</summary>
public static class RootedFile
{
    // Far above any real one, and little enough to be read into memory.
    private const int SizeLimit = 4 << 20;

    /// <summary>Reads a file as UTF-8.</summary>
    /// <param name="root">The root directory, for example a detached mount.</param>
    /// <param name="path">An absolute path in it.</param>
    /// <returns>The text, or null where there is no such file.</returns>
    /// <exception cref="ContainerToolsException">FileInImageInvalid: not a regular file, or over 4 MiB.</exception>
    public static string? Read(SafeFileHandle root, string path)
    {
        using var directory = LocalDirectory.Of((int)root.DangerousGetHandle());
        return Read(directory, path);
    }

    /// <summary>The same below a directory that another process may have open.</summary>
    internal static string? Read(EntryDirectory root, string path)
    {
        int error = root.TryFollow(PathBytes.Terminated(path), out var file);
        if (file is null)
            return error is -Errno.ENOENT or -Errno.ENOTDIR ? null : throw new LinuxException(-error, "openat2", path);
        using (file)
        {
            LinuxException.ThrowIfFailed(FileCalls.Status((int)file.DangerousGetHandle(), out var status), "statx", path);
            if (status.Type != FileType.Regular || status.Size > SizeLimit)
                throw new ContainerToolsException("FileInImageInvalid", ErrorKind.InvalidData, $"'{path}' in the container is not a regular file of at most {SizeLimit >> 20} MiB.", path);
            var buffer = new byte[status.Size];
            var length = RandomAccess.Read(file, buffer, 0);
            return Encoding.UTF8.GetString(buffer, 0, length);
        }
    }
}
