using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Store;

/// <summary>
/// While it is held no lease begins or grows, so what <see cref="Keys"/> does not name may be taken away: rename it out of sight under the freeze, delete it
/// after.
/// </summary>
public sealed class LeaseFreeze : IDisposable
{
    private readonly StoreLock _lock;

    private LeaseFreeze(StoreLock held, HashSet<string> keys)
    {
        _lock = held;
        Keys = keys;
    }

    /// <summary>What the living leases name.</summary>
    public IReadOnlySet<string> Keys { get; }

    /// <summary>Begins a freeze; leases of dead processes are deleted on the way.</summary>
    /// <exception cref="OperationCanceledException">The waiting was ended.</exception>
    public static LeaseFreeze Begin(StorePaths paths, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var held = StoreLock.Acquire(paths, Lease.LockName, exclusive: true, cancellationToken);
        try
        {
            var keys = new HashSet<string>(StringComparer.Ordinal);
            string directory = Path.Combine(paths.Locks, Lease.Folder);
            foreach (string file in Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*.lease") : [])
            {
                using var handle = FileCalls.OpenIfExists(file, OpenFlags.ReadOnly);
                if (handle is null)
                {
                    continue; // It ended just now.
                }

                if (AdvisoryLock.TryAcquire(handle, exclusive: false))
                {
                    FileCalls.UnlinkAt(FileCalls.WorkingDirectory, PathBytes.Terminated(file));
                    continue;
                }

                using var reader = new StreamReader(new FileStream(handle, FileAccess.Read));
                while (reader.ReadLine() is { } line)
                {
                    keys.Add(line);
                }
            }

            return new LeaseFreeze(held, keys);
        }
        catch (Exception e)
        {
            held.Dispose();
            throw e is LinuxException ? ContainerToolsException.FromIO(e, "StoreNotAccessible", $"The leases in '{paths.Locks}' could not be read", paths.Locks) : e;
        }
    }

    /// <summary>Ends the freeze.</summary>
    public void Dispose() => _lock.Dispose();
}
