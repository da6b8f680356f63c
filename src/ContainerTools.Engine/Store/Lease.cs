using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Store;

/// <summary>
/// Keeps blobs and layers from being collected while a pull, import or build is under way, before anything durable refers to them. It is a locked file that
/// names their keys; if its owner dies, the lock goes and so does the lease. <para>Add a key first and look whether the thing exists afterwards: from then
/// on it stays.</para>
/// </summary>
public sealed class Lease : IDisposable
{
    internal const string LockName = "leases";

    internal const string Folder = "leases";

    private readonly StorePaths _paths;
    private readonly string _file;
    private readonly SafeFileHandle _handle;
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    private Lease(StorePaths paths, string file, SafeFileHandle handle)
    {
        _paths = paths;
        _file = file;
        _handle = handle;
    }

    /// <summary>Starts an empty lease.</summary>
    /// <exception cref="ContainerToolsException">Its file could not be made (StoreNotAccessible, StorageFull).</exception>
    public static Lease Create(StorePaths paths, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        string directory = Path.Combine(paths.Locks, Folder);
        string file = Path.Combine(directory, $"{Environment.ProcessId:x}-{Random.Shared.NextInt64():x}.lease");

        // Under the lock, since a collector that found the file before it is locked would take it for a dead one.
        using var held = StoreLock.Acquire(paths, LockName, exclusive: false, cancellationToken);
        try
        {
            Directory.CreateDirectory(directory);
            var handle = FileCalls.Open(file, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.Append);
            if (!AdvisoryLock.TryAcquire(handle, exclusive: true))
            {
                handle.Dispose();
                throw new LinuxException(Errno.EAGAIN, "flock", file);
            }

            return new Lease(paths, file, handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "StoreNotAccessible", $"The lease file '{file}' could not be made", file);
        }
    }

    /// <summary>What it protects, or has protected.</summary>
    public IReadOnlyCollection<string> Keys
    {
        get
        {
            lock (_keys)
                return [.. _keys];
        }
    }

    /// <summary>Keeps every collection from beginning, for a moment in which a record is written that names what must stay. A collector reads the records after that.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="cancellationToken">Ends the wait for a collection that is under way.</param>
    /// <exception cref="ContainerToolsException">StoreNotAccessible.</exception>
    internal static StoreLock HoldOff(StorePaths paths, CancellationToken cancellationToken) => StoreLock.Acquire(paths, LockName, exclusive: false, cancellationToken);

    /// <summary>Protects a key: a digest, a layer's key. It returns when no collection can be under way that does not know of it.</summary>
    /// <exception cref="ContainerToolsException">The lease file could not be written.</exception>
    public void Add(string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (key.Contains('\n', StringComparison.Ordinal))
        {
            throw new ArgumentException("A key is one line.", nameof(key));
        }

        lock (_keys)
        {
            if (!_keys.Add(key))
            {
                return;
            }
        }

        using var held = StoreLock.Acquire(_paths, LockName, exclusive: false, cancellationToken);
        int result = FileCalls.Write((int)_handle.DangerousGetHandle(), Encoding.UTF8.GetBytes(key + "\n"));
        if (result < 0)
        {
            throw ContainerToolsException.FromIO(new LinuxException(-result, "write", _file), "StoreNotAccessible", $"The lease file '{_file}' could not be written", _file);
        }
    }

    /// <summary>Protects a digest.</summary>
    /// <exception cref="ContainerToolsException">The lease file could not be written.</exception>
    public void Add(Oci.Digest digest, CancellationToken cancellationToken = default) => Add(digest.ToString(), cancellationToken);

    /// <summary>
    /// The keys of all living leases, as of now. To delete what they don't name, use <see cref="LeaseFreeze"/>, or a key may be added in between.
    /// </summary>
    public static IReadOnlySet<string> ActiveKeys(StorePaths paths)
    {
        using var freeze = LeaseFreeze.Begin(paths, CancellationToken.None);
        return freeze.Keys;
    }

    /// <summary>Ends the lease.</summary>
    public void Dispose()
    {
        if (!_handle.IsClosed)
        {
            FileCalls.UnlinkAt(FileCalls.WorkingDirectory, PathBytes.Terminated(_file));
            _handle.Dispose();
        }
    }
}
