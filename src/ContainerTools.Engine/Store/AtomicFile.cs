using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Store;

/// <summary>
/// Writes a file so that at any moment, also after a power cut, its name leads to the whole old or the whole new content: temporary file in the same
/// directory, write, fsync, rename, fsync of the directory.
/// </summary>
public static class AtomicFile
{
    /// <summary>Replaces a file's content.</summary>
    /// <param name="path">The file; its directory exists.</param>
    /// <param name="data">The content.</param>
    /// <param name="durable">False leaves out both fsyncs: still whole or absent after a crash of the process, but not after a power cut.</param>
    /// <exception cref="ContainerToolsException">StorageFull, StoreWriteFailed: the old content is untouched.</exception>
    public static void Write(string path, ReadOnlySpan<byte> data, bool durable = true)
    {
        var temporary = TemporaryName(path);
        try
        {
            using (var file = Open(temporary))
            {
                RandomAccess.Write(file, data, 0);
                if (durable)
                    RandomAccess.FlushToDisk(file);
            }
            Publish(temporary, path, durable);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed(temporary, path, e);
        }
    }

    /// <summary>Replaces a file's content by what an action writes.</summary>
    /// <param name="path">The file; its directory exists.</param>
    /// <param name="write">Writes the content; if it throws, the old content stays.</param>
    /// <exception cref="ContainerToolsException">StorageFull, StoreWriteFailed: the old content is untouched.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var temporary = TemporaryName(path);
        try
        {
            using (var stream = new FileStream(Open(temporary), FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            Publish(temporary, path, durable: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed(temporary, path, e);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>
    /// Replaces a file's content, whole or not at all but not durably, and keeps the old one under another name, for the caller to delete when there is time: to free what a file has on disk may
    /// take ten times as long as the rest.
    /// </summary>
    /// <param name="path">The file; its directory exists.</param>
    /// <param name="data">The content.</param>
    /// <returns>Where the old content is; null where there was none, or the file system cannot do so.</returns>
    /// <exception cref="ContainerToolsException">StorageFull, StoreWriteFailed: the old content is untouched.</exception>
    internal static string? Swap(string path, ReadOnlySpan<byte> data)
    {
        var temporary = TemporaryName(path);
        try
        {
            using (var file = Open(temporary))
                RandomAccess.Write(file, data, 0);
            if (FileCalls.ExchangeAt(FileCalls.WorkingDirectory, PathBytes.Terminated(temporary), FileCalls.WorkingDirectory, PathBytes.Terminated(path)) >= 0)
                return temporary;
            Publish(temporary, path, durable: false);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed(temporary, path, e);
        }
    }

    /// <summary>Makes a file that was written without that durable, content and name; nothing where there is no such file any more.</summary>
    /// <param name="path">The file.</param>
    public static void SyncIfExists(string path)
    {
        foreach (var name in new[] { path, Path.GetDirectoryName(path) ?? "/" })
        {
            using var file = FileCalls.OpenIfExists(name, OpenFlags.ReadOnly);
            if (file is not null)
                _ = FileCalls.Sync((int)file.DangerousGetHandle());
        }
    }

    /// <summary>Makes the names in a directory durable (fsync(2) of the directory).</summary>
    /// <param name="directory">The directory.</param>
    public static void SyncDirectory(string directory)
    {
        var fd = LinuxException.ThrowIfFailed(
            FileCalls.OpenAt(FileCalls.WorkingDirectory, Encoding.UTF8.GetBytes(directory + '\0'), OpenFlags.ReadOnly | OpenFlags.Directory), "open", directory);
        try
        {
            LinuxException.ThrowIfFailed(FileCalls.Sync(fd), "fsync", directory);
        }
        finally
        {
            _ = FileCalls.Close(fd);
        }
    }

    private static SafeFileHandle Open(string temporary)
    {
        var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    private static string TemporaryName(string path) =>
        Path.Combine(Path.GetDirectoryName(path) ?? "/", $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");

    private static void Publish(string temporary, string path, bool durable)
    {
        File.Move(temporary, path, overwrite: true);
        if (durable)
            SyncDirectory(Path.GetDirectoryName(path) ?? "/");
    }

    private static ContainerToolsException Failed(string temporary, string path, Exception error)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to tell.
        }
        return ContainerToolsException.FromIO(error, "StoreWriteFailed", $"'{path}' could not be written", path);
    }
}
