using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Trees;

/// <summary>Copies a directory with owners, modes, times, hard links, device nodes and extended attributes. It works on descriptors and never follows a link.</summary>
/// <param name="cancellationToken">Ends the copy with an exception.</param>
/// <param name="owners">The copies' owners; null for the same.</param>
public sealed class TreeCopy(CancellationToken cancellationToken, OwnerChange? owners = null)
{
    private readonly Dictionary<(ulong Device, ulong Inode), string> _links = [];
    private int _root;

    /// <summary>Copies what is in a directory, and its own attributes, into an empty one.</summary>
    /// <param name="source">An open directory.</param>
    /// <param name="target">An open, empty directory.</param>
    /// <exception cref="LinuxException">Something could not be read or written, for example because the disk is full.</exception>
    public void CopyDirectory(int source, int target)
    {
        _root = target;
        CopyContent(source, target, "");
    }

    private void CopyContent(int source, int target, string path)
    {
        foreach (byte[] name in DirectoryNames.Read(source))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Latin-1 keeps every byte, so that a path of any bytes can be a key and be opened again.
            string entry = path + "/" + Encoding.Latin1.GetString(name.AsSpan(0, name.Length - 1));
            Check(FileCalls.StatusAt(source, name, out var status), "stat", entry);
            if (status.IsDirectory)
                CopySubdirectory(source, target, name, entry);
            else
                CopyFile(source, target, name, entry, status);
        }
        var own = FileCopy.CopyAttributes(source, target, owners: owners);
        Check(FileCalls.SetTimes(target, own.AccessTime, own.ModifyTime), "futimens", path);
    }

    private void CopySubdirectory(int source, int target, byte[] name, string path)
    {
        Check(FileCalls.MakeDirectoryAt(target, name, 0x1C0), "mkdir", path);
        int from = Check(FileCalls.OpenAt(source, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow), "open", path);
        try
        {
            int to = Check(FileCalls.OpenAt(target, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow), "open", path);
            try
            {
                CopyContent(from, to, path);
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

    private void CopyFile(int source, int target, byte[] name, string path, FileStatus status)
    {
        if (status.LinkCount > 1)
        {
            if (_links.TryGetValue((status.Device, status.Inode), out string? first))
            {
                Check(FileCalls.LinkAt(_root, [.. Encoding.Latin1.GetBytes(first[1..]), 0], target, name), "link", path);
                return;
            }
            _links[(status.Device, status.Inode)] = path;
        }
        FileCopy.Copy(source, name, target, name, owners: owners);
    }

    private static int Check(int result, string operation, string path) => LinuxException.ThrowIfFailed(result, operation, path);
}
