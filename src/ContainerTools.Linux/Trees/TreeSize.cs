using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Trees;

/// <summary>Measures what directory trees take on disk, without following a symbolic link and without leaving the file system they are on.</summary>
public static class TreeSize
{
    private const int BlockSize = 512;

    /// <summary>
    /// Bytes that a tree takes on disk: whole blocks, no holes, and a file with several names once. What vanishes meanwhile or may not be read counts as
    /// nothing, and so does a path that is not there.
    /// </summary>
    /// <exception cref="OperationCanceledException">The measuring was ended.</exception>
    public static long Measure(string path, CancellationToken cancellationToken)
    {
        using var root = FileCalls.OpenIfExists(path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        if (root is null || FileCalls.Status((int)root.DangerousGetHandle(), out var status) < 0)
            return 0;
        var context = new Context(status.Device, [], cancellationToken);
        return (status.Blocks * BlockSize) + MeasureContent((int)root.DangerousGetHandle(), context);
    }

    private static long MeasureContent(int directory, Context context)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        long size = 0;
        foreach (byte[] name in ReadNames(directory))
        {
            if (FileCalls.StatusAt(directory, name, out var status) < 0 || status.Device != context.Device || (!status.IsDirectory && status.LinkCount > 1 && !context.Seen.Add(status.Inode)))
                continue;
            size += status.Blocks * BlockSize;
            if (status.IsDirectory)
                size += MeasureDirectory(directory, name, context);
        }
        return size;
    }

    private static long MeasureDirectory(int parent, byte[] name, Context context)
    {
        var directory = FileCalls.OpenAt(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        if (directory < 0)
            return 0;
        try
        {
            return MeasureContent(directory, context);
        }
        finally
        {
            _ = FileCalls.Close(directory);
        }
    }

    private static List<byte[]> ReadNames(int directory)
    {
        try
        {
            return DirectoryNames.Read(directory);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.EACCES)
        {
            return [];
        }
    }

    private sealed record Context(ulong Device, HashSet<ulong> Seen, CancellationToken CancellationToken);
}
