using System.IO.Enumeration;
using System.Text.Json;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Events;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Volumes;

/// <summary>Makes, finds and removes volumes. Any number of processes may use one store at once.</summary>
public sealed class VolumeStore
{
    private const string DataDirectory = "_data";
    private const string RecordFile = "volume.json";
    private const string NewPrefix = ".new-", RemovedPrefix = ".removed-";

    private readonly StorePaths _paths;
    private readonly ContainerRecords _containers;

    /// <summary>Works on a store.</summary>
    public VolumeStore(StorePaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        _paths = paths;
        _containers = new ContainerRecords(paths);
    }

    /// <summary>Makes an empty volume.</summary>
    /// <param name="name">Its name; null for a random one.</param>
    /// <param name="labels">Labels.</param>
    /// <exception cref="ContainerToolsException">VolumeExists, InvalidVolumeName.</exception>
    public Volume Create(string? name = null, IReadOnlyDictionary<string, string>? labels = null)
    {
        if (name is not null)
            VolumeName.Check(name);
        _paths.EnsureCreated();
        var record = new VolumeRecord { Name = name ?? RandomIds.Next(), CreatedAt = DateTimeOffset.UtcNow, Anonymous = name is null, Labels = labels is null ? [] : new(labels) };
        using var volumeLock = Lock(record.Name, CancellationToken.None);
        if (TryRead(record.Name) is not null)
            throw new ContainerToolsException("VolumeExists", ErrorKind.AlreadyExists, $"There is a volume named '{name}' already. Choose another name, or use the one there is.", name);
        return Snapshot(Make(record, null), Users());
    }

    /// <summary>All volumes by name.</summary>
    public IReadOnlyList<Volume> List()
    {
        var users = Users();
        return [.. ReadAll().Select(r => Snapshot(r, users))];
    }

    /// <summary>The volumes that a name or a wildcard pattern stands for; none is no error.</summary>
    public IReadOnlyList<Volume> Find(string nameOrWildcard)
    {
        ArgumentNullException.ThrowIfNull(nameOrWildcard);
        if (nameOrWildcard.AsSpan().ContainsAny('*', '?'))
        {
            var users = Users();
            return [.. ReadAll().Where(r => FileSystemName.MatchesSimpleExpression(nameOrWildcard, r.Name, ignoreCase: false)).Select(r => Snapshot(r, users))];
        }
        return TryRead(nameOrWildcard) is { } record ? [Snapshot(record, Users())] : [];
    }

    /// <summary>The volume of a name.</summary>
    /// <exception cref="ContainerToolsException">VolumeNotFound.</exception>
    public Volume Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryRead(name) is { } record ? Snapshot(record, Users()) : throw NotFound(name);
    }

    /// <summary>Removes a volume and what is in it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="force">Whether one that does not exist is no error. A volume that a container has is never removed.</param>
    /// <exception cref="ContainerToolsException">VolumeInUse, VolumeNotFound.</exception>
    public void Remove(string name, bool force)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!VolumeName.IsValid(name) || TryRead(name) is null)
        {
            if (force)
                return;
            throw NotFound(name);
        }
        using var volumeLock = Lock(name, CancellationToken.None);
        if (Users().TryGetValue(name, out var users))
        {
            throw new ContainerToolsException("VolumeInUse", ErrorKind.InUse,
                $"The volume '{name}' is used by {(users.Count == 1 ? "the container" : "the containers")} {string.Join(", ", users)}. Remove {(users.Count == 1 ? "it" : "them")} first.", name);
        }
        try
        {
            Delete(name);
            volumeLock?.RemoveFile();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "VolumeRemoveFailed", $"The volume '{name}' could not be removed", name);
        }
    }

    /// <summary>Removes what was left by a process that was killed while it made or removed a volume.</summary>
    /// <param name="remove">Asked for each directory.</param>
    public void RemoveInterrupted(Func<string, bool> remove)
    {
        ArgumentNullException.ThrowIfNull(remove);
        if (!Directory.Exists(_paths.Volumes))
            return;
        foreach (string directory in Directory.EnumerateDirectories(_paths.Volumes, ".*"))
        {
            string file = Path.GetFileName(directory), name = file[(file.IndexOf('-', StringComparison.Ordinal) + 1)..];
            if (!file.StartsWith(NewPrefix, StringComparison.Ordinal) && !file.StartsWith(RemovedPrefix, StringComparison.Ordinal))
                continue;
            using var volumeLock = Lock(name, CancellationToken.None);
            // A volume without a name has no lock: whoever makes it holds the directory itself.
            using var held = volumeLock is null ? TryHold(directory) : null;
            if ((volumeLock ?? (object?)held) is not null && Directory.Exists(directory) && remove(directory))
                OwnedTree.Remove(_paths, directory);
            if (TryRead(name) is null)
                volumeLock?.RemoveFile();
        }
    }

    internal static string DataPath(StorePaths paths, string name) => Path.Combine(paths.Volumes, name, DataDirectory);

    /// <summary>
    /// Makes sure that a container's volume exists, and fills one that is new, or empty and nobody's, with what the image has at the place. The container's record must
    /// name the volume already, so that nobody removes it meanwhile.
    /// </summary>
    /// <param name="mount">The volume.</param>
    /// <param name="containerId">The container.</param>
    /// <param name="takeOverFrom">The image's layers, bottom first; null to take nothing over.</param>
    /// <param name="root">Who has what is the container's root's, on disk: an empty volume is his.</param>
    /// <param name="cancellationToken">Ends the copy.</param>
    /// <returns>Whether this call made the volume.</returns>
    internal bool Ensure(ContainerMount mount, string containerId, IReadOnlyList<string>? takeOverFrom, (uint User, uint Group) root, CancellationToken cancellationToken)
    {
        string name = mount.Name!;
        using var volumeLock = Lock(name, cancellationToken);
        Action<string>? fill = takeOverFrom is null ? null : target =>
        {
            GiveTo(root, target);
            if (UserSession.IsNeeded)
                SessionWorker.Run(_paths, SessionOperations.Fill, [target, mount.Destination, .. takeOverFrom], cancellationToken);
            else
                VolumeContent.TakeOver(takeOverFrom, mount.Destination, target, cancellationToken);
        };
        if (TryRead(name) is null)
        {
            Make(new VolumeRecord { Name = name, CreatedAt = DateTimeOffset.UtcNow, Anonymous = mount.Anonymous }, fill ?? (target => GiveTo(root, target)));
            return true;
        }
        bool used = _containers.ReadAll().Exists(c => c.Id != containerId && c.Mounts.Exists(m => m.Name == name));
        if (fill is not null && !used && OwnedTree.IsEmpty(_paths, mount.Source))
            Fill(Path.GetDirectoryName(mount.Source)!, fill);
        return false;
    }

    /// <summary>Makes an empty volume in the place of one that was lost.</summary>
    internal void Restore(ContainerMount mount, (uint User, uint Group) root)
    {
        if (Directory.Exists(mount.Source))
            return;
        using var volumeLock = Lock(mount.Name!, CancellationToken.None);
        if (TryRead(mount.Name!) is null)
            Make(new VolumeRecord { Name = mount.Name!, CreatedAt = DateTimeOffset.UtcNow, Anonymous = mount.Anonymous }, target => GiveTo(root, target));
    }

    /// <summary>Removes a volume that a failed call made, unless somebody has it by now.</summary>
    internal void Discard(string name, string containerId)
    {
        using var volumeLock = Lock(name, CancellationToken.None);
        if (!_containers.ReadAll().Exists(c => c.Id != containerId && c.Mounts.Exists(m => m.Name == name)))
            Delete(name);
    }

    /// <summary>Removes the anonymous volumes of a container that was removed, but for those that other containers have.</summary>
    internal void RemoveAnonymous(ContainerConfiguration configuration)
    {
        foreach (var mount in configuration.Mounts.Where(m => m.Anonymous))
            Discard(mount.Name!, configuration.Id);
    }

    private string StagingOf(string name) => Path.Combine(_paths.Volumes, NewPrefix + name);

    /// <summary>Makes a directory, and locks it for as long as the result is open. Whoever collects what was left may be faster: then it is made again.</summary>
    private static SafeFileHandle Hold(string directory)
    {
        while (true)
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            if (TryHold(directory) is { } held)
                return held;
            Thread.Sleep(1);
        }
    }

    /// <summary>Locks a directory; null if somebody else has it, or it is gone.</summary>
    private static SafeFileHandle? TryHold(string directory)
    {
        var handle = FileCalls.OpenIfExists(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
        if (handle is null)
            return null;
        // Removed between the two calls, and perhaps made anew, the name is another directory's.
        if (AdvisoryLock.TryAcquire(handle, exclusive: true) && FileCalls.Status((int)handle.DangerousGetHandle(), out var held) >= 0
            && FileCalls.StatusAt(FileCalls.WorkingDirectory, Bytes(directory), out var named) >= 0 && held.Inode == named.Inode)
            return handle;
        handle.Dispose();
        return null;
    }

    private VolumeRecord Make(VolumeRecord record, Action<string>? fill)
    {
        // Made aside and renamed when it is whole, so that a crash leaves no volume with half of an image's files.
        string staging = StagingOf(record.Name);
        OwnedTree.Remove(_paths, staging);
        try
        {
            using var held = Hold(staging);
            string data = Path.Combine(staging, DataDirectory);
            MakeData(data);
            fill?.Invoke(data);
            AtomicFile.Write(Path.Combine(staging, RecordFile), JsonSerializer.SerializeToUtf8Bytes(record, VolumeJsonContext.Default.VolumeRecord));
            Directory.Move(staging, Path.Combine(_paths.Volumes, record.Name));
            EventLog.Add(_paths.Root, ContainerEventType.Volume, ContainerEventAction.Create, record.Name, record.Name);
            return record;
        }
        catch
        {
            OwnedTree.Remove(_paths, staging);
            throw;
        }
    }

    private void GiveTo((uint User, uint Group) root, string data)
    {
        if (root is not (0, 0))
            OwnedTree.SetOwner(_paths, data, root.User, root.Group, 0x1ED);
    }

    private void Fill(string directory, Action<string> fill)
    {
        string staging = Path.Combine(directory, ".filling"), data = Path.Combine(directory, DataDirectory);
        OwnedTree.Remove(_paths, staging);
        MakeData(staging);
        fill(staging);
        // Both names exist at every moment.
        LinuxException.ThrowIfFailed(FileCalls.ExchangeAt(FileCalls.WorkingDirectory, Bytes(staging), FileCalls.WorkingDirectory, Bytes(data)), "renameat2", data);
        OwnedTree.Remove(_paths, staging);
    }

    private static void MakeData(string path)
    {
        LinuxException.ThrowIfFailed(FileCalls.MakeDirectoryAt(FileCalls.WorkingDirectory, Bytes(path), 0x1ED), "mkdir", path); // 0755
        LinuxException.ThrowIfFailed(FileCalls.ChangeModeAt(FileCalls.WorkingDirectory, Bytes(path), 0x1ED), "chmod", path);
    }

    private void Delete(string name)
    {
        string directory = Path.Combine(_paths.Volumes, name), removed = Path.Combine(_paths.Volumes, RemovedPrefix + name);
        // Whoever made it may have been killed meanwhile.
        OwnedTree.Remove(_paths, StagingOf(name));
        if (Directory.Exists(directory))
        {
            Directory.Move(directory, removed);
            EventLog.Add(_paths.Root, ContainerEventType.Volume, ContainerEventAction.Remove, name, name);
        }
        // Whoever collects what was left leaves it to this.
        using var held = TryHold(removed);
        OwnedTree.Remove(_paths, removed);
    }

    private List<VolumeRecord> ReadAll()
    {
        List<VolumeRecord> all = [];
        try
        {
            foreach (string directory in Directory.EnumerateDirectories(_paths.Volumes))
            {
                if (TryRead(Path.GetFileName(directory)) is { } record)
                    all.Add(record);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever made here.
        }
        all.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return all;
    }

    private VolumeRecord? TryRead(string name)
    {
        if (!VolumeName.IsValid(name))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(_paths.Volumes, name, RecordFile)), VolumeJsonContext.Default.VolumeRecord);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException)
        {
            // The record is damaged, the data need not be.
            return new VolumeRecord { Name = name, CreatedAt = Directory.GetCreationTimeUtc(Path.Combine(_paths.Volumes, name)) };
        }
    }

    private Volume Snapshot(VolumeRecord record, Dictionary<string, List<string>> users) =>
        new(record.Name, DataPath(_paths, record.Name), record.CreatedAt, record.Labels, record.Anonymous, users.TryGetValue(record.Name, out var names) ? names : []);

    private Dictionary<string, List<string>> Users()
    {
        var users = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var container in _containers.ReadAll())
        {
            foreach (string name in container.Mounts.Where(m => m.Name is not null).Select(m => m.Name!).Distinct())
            {
                if (!users.TryGetValue(name, out var list))
                    users[name] = list = [];
                list.Add(container.Name);
            }
        }
        return users;
    }

    // Nobody else knows an anonymous volume's name before its container does, so it needs no lock's file.
    private StoreLock? Lock(string name, CancellationToken cancellationToken) => ContainerRecords.IsId(name) ? null : StoreLock.Acquire(_paths, "volume-" + name, exclusive: true, cancellationToken);

    private ContainerToolsException NotFound(string name)
    {
        var names = ReadAll().Where(r => !r.Anonymous).Select(r => r.Name).ToList();
        string have = names.Count == 0 ? "There are no volumes." : $"There are: {string.Join(", ", names.Take(8))}{(names.Count > 8 ? ", ..." : "")}.";
        return new ContainerToolsException("VolumeNotFound", ErrorKind.NotFound, $"There is no volume named '{name}'. {have}", name);
    }

    private static byte[] Bytes(string path) => System.Text.Encoding.UTF8.GetBytes(path + '\0');
}
