using ContainerTools.Engine.Contents;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build.Files;

/// <summary>Goes through a tree without following links.</summary>
internal static class TreeVisitor
{
    /// <summary>Visits everything below a directory; a directory after what is in it.</summary>
    /// <param name="directory">The open directory.</param>
    /// <param name="visit">Told the directory that something is in, its name that ends in NUL, and what it is.</param>
    internal static void Visit(int directory, Action<int, byte[], FileStatus> visit)
    {
        foreach (byte[] name in EntryComparison.Names(directory))
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
