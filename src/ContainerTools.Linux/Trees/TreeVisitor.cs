using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Trees;

/// <summary>Goes through a tree without following links.</summary>
public static class TreeVisitor
{
    /// <summary>Visits everything below a directory; a directory after what is in it.</summary>
    /// <param name="directory">The open directory.</param>
    /// <param name="visit">Told the directory that something is in, its name that ends in NUL, and what it is.</param>
    /// <exception cref="LinuxException">A directory could not be opened.</exception>
    public static void Visit(int directory, Action<int, byte[], FileStatus> visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        foreach (byte[] name in DirectoryNames.Read(directory))
        {
            if (FileCalls.StatusAt(directory, name, out var status) < 0)
            {
                continue;
            }

            if (status.IsDirectory)
            {
                int child = LinuxException.ThrowIfFailed(
                    FileCalls.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow), "open", PathBytes.Display(name.AsSpan(0, name.Length - 1)));
                try
                {
                    Visit(child, visit);
                }
                finally
                {
                    _ = FileCalls.Close(child);
                }
            }

            visit(directory, name, status);
        }
    }
}
