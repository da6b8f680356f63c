using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Containers;

/// <summary>The record of a container that is being made, under a name of its own. In the end it gets its proper name.</summary>
internal sealed class UnfinishedRecord : IDisposable
{
    private readonly string _directory;
    private SafeFileHandle? _file;

    private UnfinishedRecord(string directory, SafeFileHandle file) => (_directory, _file) = (directory, file);

    /// <summary>Writes it.</summary>
    /// <param name="directory">The container's directory.</param>
    /// <param name="content">All of it.</param>
    /// <exception cref="IOException">It could not be written.</exception>
    public static UnfinishedRecord Write(string directory, ReadOnlySpan<byte> content)
    {
        string path = Path.Combine(directory, ContainerFiles.UnfinishedConfiguration);
        var file = FileCalls.Open(path, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive);
        try
        {
            RandomAccess.Write(file, content, 0);
            return new UnfinishedRecord(directory, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Gives it its name. A power cut may leave it empty until the disk has it: then nobody has been told of the container, and it is garbage.</summary>
    /// <returns>Ends when the record, its name and the directory's name outlive a power cut; fails with an <see cref="IOException"/>.</returns>
    /// <exception cref="IOException">It could not be renamed.</exception>
    public Task Complete()
    {
        File.Move(Path.Combine(_directory, ContainerFiles.UnfinishedConfiguration), Path.Combine(_directory, ContainerFiles.Configuration));
        var file = _file!;
        _file = null;
        return SideThread.Run(() => Sync(file));
    }

    public void Dispose() => _file?.Dispose();

    private void Sync(SafeFileHandle file)
    {
        try
        {
            using (file)
                RandomAccess.FlushToDisk(file);
            AtomicFile.SyncDirectory(_directory);
            AtomicFile.SyncDirectory(Path.GetDirectoryName(_directory)!);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            // It was removed already.
        }
    }
}
