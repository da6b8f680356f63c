using System.Text;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Store;

/// <summary>
/// Keeps a collector in any shell away from what is being brought in but has no name yet: a file that its maker holds locked and that names digests and
/// layer keys. A maker that dies lets go, and the next collector removes the file.
/// </summary>
public sealed class Lease : IDisposable
{
    private const string Folder = "leases";

    private readonly string path;
    private readonly SafeFileHandle file;
    private readonly Lock gate = new();
    private long length;

    private Lease(string path, SafeFileHandle file)
    {
        this.path = path;
        this.file = file;
    }

    /// <summary>Makes an empty lease.</summary>
    /// <param name="paths">The store.</param>
    public static Lease Create(StorePaths paths)
    {
        var directory = Path.Combine(paths.Locks, Folder);
        Directory.CreateDirectory(directory);
        while (true)
        {
            var path = Path.Combine(directory, Guid.NewGuid().ToString("N"));
            var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            // A collector that came between the two calls took it for a dead one's and removed it: then another is made.
            if (AdvisoryLock.TryAcquire(file, exclusive: true) && File.Exists(path))
                return new Lease(path, file);
            file.Dispose();
        }
    }

    /// <summary>Names one more thing to keep. It is kept from the return of this call on, so call it before looking whether the thing exists.</summary>
    /// <param name="key">A digest (<c>sha256:...</c>) or a layer's key.</param>
    public void Add(string key)
    {
        var line = Encoding.UTF8.GetBytes(key + "\n");
        lock (gate)
        {
            RandomAccess.Write(file, line, length);
            length += line.Length;
        }
    }

    /// <summary>All that is leased now, by any shell. Leases of the dead are removed on the way.</summary>
    /// <param name="paths">The store.</param>
    public static IReadOnlySet<string> ActiveKeys(StorePaths paths)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var directory = Path.Combine(paths.Locks, Folder);
        if (!Directory.Exists(directory))
            return keys;
        foreach (var path in Directory.EnumerateFiles(directory))
        {
            try
            {
                using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                if (AdvisoryLock.TryAcquire(file, exclusive: true))
                {
                    File.Delete(path);
                    continue;
                }
                using var reader = new StreamReader(new FileStream(file, FileAccess.Read), Encoding.UTF8);
                while (reader.ReadLine() is { } line)
                    keys.Add(line);
            }
            catch (FileNotFoundException)
            {
                // Its maker finished meanwhile.
            }
        }
        return keys;
    }

    /// <summary>Ends the lease: from now on only names keep what it named.</summary>
    public void Dispose()
    {
        // Removed while still locked: nobody can take it for a dead one's in between.
        if (!file.IsClosed)
            File.Delete(path);
        file.Dispose();
    }
}
