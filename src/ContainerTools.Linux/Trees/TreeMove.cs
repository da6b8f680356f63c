using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Trees;

/// <summary>Moves a directory to a place where there may be one already. It works on descriptors and never follows a link.</summary>
public static class TreeMove
{
    /// <summary>A new directory appears as a whole; into one that has something, what it has is moved name by name, and what else is in it stays.</summary>
    /// <param name="from">The directory; it is gone afterwards, or has left only directories that were there already.</param>
    /// <param name="to">Where it goes, on the same file system.</param>
    /// <exception cref="LinuxException">Something could not be moved: there is a directory where a file goes, for example.</exception>
    public static void Move(string from, string to)
    {
        if (FileCalls.RenameAt(FileCalls.WorkingDirectory, PathBytes.Terminated(from), FileCalls.WorkingDirectory, PathBytes.Terminated(to)) < 0)
            MergeAt(FileCalls.WorkingDirectory, PathBytes.Terminated(from), FileCalls.WorkingDirectory, PathBytes.Terminated(to), to);
    }

    private static void Merge(int source, int target)
    {
        foreach (byte[] name in DirectoryNames.Read(source))
        {
            string display = PathBytes.Display(name);
            LinuxException.ThrowIfFailed(FileCalls.StatusAt(source, name, out var status), "stat", display);
            bool isThere = FileCalls.StatusAt(target, name, out var old) >= 0;
            if (status.IsDirectory && isThere && old.IsDirectory)
            {
                MergeAt(source, name, target, name, display);
                continue;
            }
            if (status.IsDirectory && isThere)
                LinuxException.ThrowIfFailed(FileCalls.UnlinkAt(target, name), "unlink", display);
            LinuxException.ThrowIfFailed(FileCalls.RenameAt(source, name, target, name), "rename", display);
        }
    }

    private static void MergeAt(int source, byte[] name, int target, byte[] other, string display)
    {
        int from = Open(source, name, display);
        try
        {
            int to = Open(target, other, display);
            try
            {
                Merge(from, to);
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

    private static int Open(int directory, byte[] name, string display) =>
        LinuxException.ThrowIfFailed(FileCalls.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow), "open", display);
}
