using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Store;

/// <summary>
/// A lock between all shells that work on a store: flock(2) on a file under locks/. It is for short moments; a process that dies lets go of it.
/// </summary>
public sealed class StoreLock : IDisposable
{
    private readonly SafeFileHandle file;

    private StoreLock(SafeFileHandle file) => this.file = file;

    /// <summary>Takes a lock, waiting until it is free.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="name">The lock's name: a file name.</param>
    /// <param name="exclusive">False shares it with others that share.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public static StoreLock Acquire(StorePaths paths, string name, bool exclusive, CancellationToken cancellationToken)
    {
        // Asked for again and again rather than waited for in the kernel, which a token could not end.
        for (var pause = 1; ; pause = Math.Min(pause * 2, 20))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryAcquire(paths, name, exclusive) is { } taken)
                return taken;
            cancellationToken.WaitHandle.WaitOne(pause);
        }
    }

    /// <summary>Takes a lock if it is free.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="name">The lock's name: a file name.</param>
    /// <param name="exclusive">False shares it with others that share.</param>
    /// <returns>The lock, or null when somebody else holds it.</returns>
    public static StoreLock? TryAcquire(StorePaths paths, string name, bool exclusive)
    {
        var file = Open(Path.Combine(paths.Locks, name + ".lock"));
        if (AdvisoryLock.TryAcquire(file, exclusive))
            return new StoreLock(file);
        file.Dispose();
        return null;
    }

    /// <summary>Lets go.</summary>
    public void Dispose() => file.Dispose();

    // FileShare.ReadWrite | Delete: .NET itself takes no flock, which would collide with ours. Lock files stay: removing one races with its next user.
    private static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
}
