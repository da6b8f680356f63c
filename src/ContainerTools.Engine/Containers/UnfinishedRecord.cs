using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// The record of a container that is being made, under a name of its own. The disk works on its content, which stays as it is, while the rest of the container is made; in the end it gets
/// its proper name.
/// </summary>
internal sealed class UnfinishedRecord : IDisposable
{
    private readonly string _directory;
    private readonly SafeFileHandle _file;
    private readonly Task _onDisk;

    private UnfinishedRecord(string directory, SafeFileHandle file)
    {
        (_directory, _file) = (directory, file);
        _onDisk = Task.Run(() => RandomAccess.FlushToDisk(file));
    }

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

    /// <summary>Gives it its name, once its content outlives a power cut.</summary>
    /// <exception cref="IOException">The disk failed, or is full.</exception>
    public void Complete()
    {
        _onDisk.GetAwaiter().GetResult();
        File.Move(Path.Combine(_directory, ContainerFiles.UnfinishedConfiguration), Path.Combine(_directory, ContainerFiles.Configuration));
    }

    public void Dispose()
    {
        // Its file is closed only when nobody works on it any more.
        try
        {
            _onDisk.Wait();
        }
        catch (AggregateException)
        {
            // Whoever needed it has been told.
        }
        _file.Dispose();
    }
}
