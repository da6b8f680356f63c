using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Store;

/// <summary>
/// A lock on one entity of the store, among all processes and among threads alike. It is a flock(2) on a file of its own, which stays unless the entity goes; it ends at
/// <see cref="Dispose"/> or with the process. Hold it briefly, never across a download or a container's run.
/// </summary>
public sealed class StoreLock : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly string _path;

    private StoreLock(SafeFileHandle file, string path, string name)
    {
        _file = file;
        _path = path;
        Name = name;
    }

    /// <summary>What is locked.</summary>
    public string Name { get; }

    /// <summary>Takes a lock, waiting as long as it takes.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="name">The entity, such as <c>images</c> or <c>container-ID</c>; any text.</param>
    /// <param name="exclusive">Whether to keep everybody else away; otherwise only exclusive holders.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">The waiting was ended.</exception>
    /// <exception cref="ContainerToolsException">The lock file could not be opened (StoreNotAccessible, StorageFull).</exception>
    public static StoreLock Acquire(StorePaths paths, string name, bool exclusive = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        cancellationToken.ThrowIfCancellationRequested();
        string path = Path.Combine(paths.Locks, FileName(name));
        while (true)
        {
            var file = Await(paths, path, exclusive, cancellationToken);
            if (IsAt(file, path))
                return new StoreLock(file, path, name);
            file.Dispose();
        }
    }

    private static SafeFileHandle Await(StorePaths paths, string path, bool exclusive, CancellationToken cancellationToken)
    {
        var file = Open(paths, path);
        try
        {
            // flock can't be cancelled while it waits, so ask again and again: soon at first, then every 10 ms, which costs nothing to speak of.
            for (int delay = 0; !AdvisoryLock.TryAcquire(file, exclusive); delay = Math.Min(delay + 1, 10))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (delay == 0)
                {
                    Thread.Yield();
                }
                else
                {
                    Thread.Sleep(delay);
                }
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Takes a lock if it is free, and returns null otherwise.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="name">The entity; any text.</param>
    /// <param name="exclusive">Whether to keep everybody else away.</param>
    public static StoreLock? TryAcquire(StorePaths paths, string name, bool exclusive = true)
    {
        ArgumentNullException.ThrowIfNull(paths);
        string path = Path.Combine(paths.Locks, FileName(name));
        var file = Open(paths, path);
        try
        {
            // Whoever has just removed it is at the end of his work: that it is not free is right enough.
            if (AdvisoryLock.TryAcquire(file, exclusive) && IsAt(file, path))
            {
                return new StoreLock(file, path, name);
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    /// <summary>Removes the file of a lock that is held exclusively, since what is locked is gone. Who waits for it makes a new one.</summary>
    public void RemoveFile() => File.Delete(_path);

    // Somebody may have removed it between opening and locking.
    private static bool IsAt(SafeFileHandle file, string path) =>
        FileCalls.Status((int)file.DangerousGetHandle(), out var held) >= 0
        && FileCalls.StatusAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), out var found) >= 0
        && (held.Inode, held.Device) == (found.Inode, found.Device);

    private static SafeFileHandle Open(StorePaths paths, string path)
    {
        try
        {
            try
            {
                return FileCalls.Open(path, OpenFlags.ReadWrite | OpenFlags.Create);
            }
            catch (LinuxException e) when (e.Errno == Errno.ENOENT)
            {
                paths.EnsureCreated();
                return FileCalls.Open(path, OpenFlags.ReadWrite | OpenFlags.Create);
            }
        }
        catch (LinuxException e)
        {
            throw ContainerToolsException.FromIO(e, "StoreNotAccessible", $"The lock file '{path}' could not be opened", path);
        }
    }

    // One file name per name: what is not plain is written as %xx, so two names never share a lock.
    private static string FileName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var text = new StringBuilder(name.Length + 8);
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.')
            {
                text.Append((char)b);
            }
            else
            {
                text.Append('%').Append(b.ToString("x2", null));
            }
        }

        return text.Append(".lock").ToString();
    }
}
