using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Contents;

/// <summary>Writes a directory's content as a tar archive. Sockets are left out, as tar has none.</summary>
/// <param name="entries">Writes the entries.</param>
/// <param name="leaveOut">Whether to leave out the entry of a path; null leaves out none.</param>
/// <param name="cancellationToken">Ends the work with an exception.</param>
internal sealed class TreeArchive(EntryArchive entries, Func<byte[], bool>? leaveOut, CancellationToken cancellationToken)
{
    private const int MaximumDepth = 1000;

    /// <summary>Writes what is in a directory, by name.</summary>
    /// <param name="directory">The directory, open for reading.</param>
    public void Write(EntryDirectory directory) => WriteContent(directory, [], 0);

    private void WriteContent(EntryDirectory directory, byte[] path, int depth)
    {
        if (depth > MaximumDepth)
            throw new ContainerToolsException("TreeTooDeep", ErrorKind.InvalidData, $"There are more than {MaximumDepth} directories in one another.");
        foreach (byte[] name in directory.Names())
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] entry = [.. path, .. name.AsSpan(0, name.Length - 1)];
            // Gone meanwhile: the container may run.
            if (directory.Status(name, out var status) < 0 || leaveOut?.Invoke(entry) == true)
                continue;
            if (status.IsDirectory)
                WriteDirectory(directory, name, entry, status, depth);
            else
                entries.Write(directory, name, entry, status);
        }
    }

    private void WriteDirectory(EntryDirectory directory, byte[] name, byte[] path, FileStatus status, int depth)
    {
        _ = directory.TryOpen(name, out var child);
        if (child is null)
            return;
        using (child)
        {
            entries.Write(directory, name, path, status);
            WriteContent(child, [.. path, (byte)'/'], depth + 1);
        }
    }
}
