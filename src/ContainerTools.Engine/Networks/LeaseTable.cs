using System.Text;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Store;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Networks;

/// <summary>
/// All leases of a store: the file <c>networks/leases</c> in the run state. Whoever changes it, or the host's links and rules that go with it, holds the lock beside it, so that no
/// address is given twice. What an earlier boot has left counts for nothing.
/// </summary>
internal sealed class LeaseTable : IDisposable
{
    private const string Folder = "networks", LeaseFile = "leases", LockFile = "lock";

    private readonly string _runRoot;
    private SafeFileHandle? _lock;

    private LeaseTable(string runRoot, SafeFileHandle? held)
    {
        _runRoot = runRoot;
        _lock = held;
    }

    /// <summary>The leases.</summary>
    public List<NetworkLease> Entries { get; } = [];

    /// <summary>Bridges that the rules in the packet filter know.</summary>
    public HashSet<string> Filtered { get; } = new(StringComparer.Ordinal);

    /// <summary>Bridges that were made and not removed yet.</summary>
    public HashSet<string> Bridges { get; } = new(StringComparer.Ordinal);

    /// <summary>The root of run state that it belongs to.</summary>
    public string RunRoot => _runRoot;

    /// <summary>Reads it without the lock; what is read is whole, but may be out of date at once.</summary>
    public static LeaseTable Read(string runRoot)
    {
        var table = new LeaseTable(runRoot, null);
        table.Load();
        return table;
    }

    /// <summary>When it was last written, in UTC.</summary>
    public static DateTime LastChange(string runRoot) => File.GetLastWriteTimeUtc(Path.Combine(runRoot, Folder, LeaseFile));

    /// <summary>Takes the lock, waiting as long as it takes, and reads.</summary>
    public static LeaseTable Lock(string runRoot)
    {
        string directory = Path.Combine(runRoot, Folder);
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = FileCalls.Open(Path.Combine(directory, LockFile), OpenFlags.ReadWrite | OpenFlags.Create);
        try
        {
            AdvisoryLock.Acquire(file);
            var table = new LeaseTable(runRoot, file);
            table.Load();
            return table;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes it; the lock is held.</summary>
    public void Save()
    {
        if (_lock is null)
            throw new InvalidOperationException("The leases are not locked.");
        var text = new StringBuilder();
        text.Append(BootId.Current).Append('\t').AppendJoin(' ', Filtered).Append('\t').AppendJoin(' ', Bridges).Append('\n');
        foreach (var entry in Entries)
            text.Append(entry.ToLine()).Append('\n');
        // Not durable: after a power cut it counts for nothing.
        AtomicFile.Write(FilePath, Encoding.UTF8.GetBytes(text.ToString()), durable: false);
    }

    /// <summary>Lets go of the lock.</summary>
    public void Dispose()
    {
        _lock?.Dispose();
        _lock = null;
    }

    private string FilePath => Path.Combine(_runRoot, Folder, LeaseFile);

    private void Load()
    {
        // Without exceptions: where there are no networks, there is no file.
        using var file = FileCalls.OpenIfExists(FilePath, OpenFlags.ReadOnly);
        if (file is null)
            return;
        using var reader = new StreamReader(new FileStream(file, FileAccess.Read, bufferSize: 0));
        string[] header = (reader.ReadLine() ?? "").Split('\t');
        if (header.Length != 3 || header[0] != BootId.Current)
            return;
        Filtered.UnionWith(header[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Bridges.UnionWith(header[2].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        while (reader.ReadLine() is { } line)
        {
            if (NetworkLease.TryParse(line) is { } lease)
                Entries.Add(lease);
        }
    }
}
