using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Trees;

/// <summary>Removes a directory with everything in it, whatever the names are; symbolic links are not followed. Several may remove the same.</summary>
public static class TreeRemoval
{
    /// <summary>Removes a directory or file; one that does not exist is no error.</summary>
    /// <exception cref="LinuxException">Something could not be removed.</exception>
    public static void Remove(string path)
    {
        byte[] name = Encoding.UTF8.GetBytes(path + '\0');
        int result = FileCalls.UnlinkAt(FileCalls.WorkingDirectory, name);
        if (result is 0 or -Errno.ENOENT)
            return;
        if (result is not (-Errno.EISDIR or -Errno.EPERM))
            throw new LinuxException(-result, "unlink", path);
        RemoveDirectory(FileCalls.WorkingDirectory, name, path);
    }

    private static void RemoveDirectory(int parent, byte[] name, string path)
    {
        int result = FileCalls.RemoveDirectoryAt(parent, name);
        if (result is 0 or -Errno.ENOENT)
            return;
        if (result is not (-Errno.ENOTEMPTY or -Errno.EEXIST))
            throw new LinuxException(-result, "rmdir", path);
        int directory = FileCalls.OpenAt(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        if (directory == -Errno.ENOENT)
            return;
        LinuxException.ThrowIfFailed(directory, "open", path);
        try
        {
            foreach (byte[] entry in DirectoryNames.Read(directory))
            {
                result = FileCalls.UnlinkAt(directory, entry);
                if (result is -Errno.EISDIR or -Errno.EPERM)
                    RemoveDirectory(directory, entry, path);
                else if (result is not (0 or -Errno.ENOENT))
                    throw new LinuxException(-result, "unlink", path + "/" + Encoding.UTF8.GetString(entry.AsSpan(0, entry.Length - 1)));
            }
        }
        finally
        {
            _ = FileCalls.Close(directory);
        }
        result = FileCalls.RemoveDirectoryAt(parent, name);
        if (result is not (0 or -Errno.ENOENT))
            throw new LinuxException(-result, "rmdir", path);
    }
}
