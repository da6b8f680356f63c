using System.IO.Enumeration;
using ContainerTools.Engine.Networks;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Volumes;
using ContainerTools.Linux.Cgroups;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// Makes, finds, starts, stops and removes containers. Any number of processes may use one store at once; an object of this class has no state of its own and may be
/// used from several threads.
/// </summary>
public sealed partial class ContainerManager
{
    private readonly StorePaths _paths;
    private readonly string _runtimePath;
    private readonly ContainerRecords _records;
    private readonly VolumeStore _volumes;
    private readonly NetworkStore _networks;

    /// <summary>Works on a store.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="runtimePath">Absolute path of the runtime's binary, <c>ctrun</c>.</param>
    public ContainerManager(StorePaths paths, string runtimePath)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentException.ThrowIfNullOrEmpty(runtimePath);
        _paths = paths;
        _runtimePath = runtimePath;
        _records = new ContainerRecords(paths);
        _volumes = new VolumeStore(paths);
        _networks = new NetworkStore(paths);
    }

    /// <summary>All containers, the oldest first.</summary>
    public IReadOnlyList<Container> List() =>
        [.. _records.ReadAll().Where(c => !c.Incomplete).OrderBy(c => c.CreatedAt).ThenBy(c => c.Id, StringComparer.Ordinal).Select(Snapshot)];

    /// <summary>The containers that a name, an id, the beginning of an id, or a wildcard pattern for names stands for; none is no error.</summary>
    /// <param name="nameIdOrWildcard"><c>web</c>, <c>4f1c</c>, <c>web-*</c>, <c>w?b</c>.</param>
    public IReadOnlyList<Container> Find(string nameIdOrWildcard)
    {
        ArgumentNullException.ThrowIfNull(nameIdOrWildcard);
        string text = nameIdOrWildcard.TrimStart('/');
        var all = _records.ReadAll().Where(c => !c.Incomplete);
        if (text.AsSpan().ContainsAny('*', '?'))
            return [.. all.Where(c => FileSystemName.MatchesSimpleExpression(text, c.Name)).OrderBy(c => c.CreatedAt).Select(Snapshot)];
        var list = all.ToList();
        var found = list.Find(c => c.Name == text) ?? list.Find(c => c.Id == text);
        if (found is not null)
            return [Snapshot(found)];
        return text.Length == 0 ? [] : [.. list.Where(c => c.Id.StartsWith(text, StringComparison.OrdinalIgnoreCase)).Select(Snapshot)];
    }

    /// <summary>The one container of a name, an id or the beginning of an id.</summary>
    /// <exception cref="ContainerToolsException">ContainerNotFound, ContainerAmbiguous.</exception>
    public Container Get(string nameOrIdPrefix)
    {
        ArgumentNullException.ThrowIfNull(nameOrIdPrefix);
        string text = nameOrIdPrefix.TrimStart('/');
        if (ContainerRecords.IsId(text) && _records.TryRead(text) is { Incomplete: false } direct)
            return Snapshot(direct);
        var found = text.AsSpan().ContainsAny('*', '?') ? [] : Find(text);
        if (found.Count > 1)
        {
            throw new ContainerToolsException("ContainerAmbiguous", ErrorKind.InvalidArgument,
                $"'{nameOrIdPrefix}' is the beginning of {found.Count} containers' ids ({string.Join(", ", found.Take(4).Select(c => $"{c.ShortId} {c.Name}"))}). Give more digits, or a name.", nameOrIdPrefix);
        }
        return found.Count == 1 ? found[0] : throw NotFound(nameOrIdPrefix);
    }

    /// <summary>The container as it is now.</summary>
    /// <exception cref="ContainerToolsException">ContainerNotFound, when it has been removed.</exception>
    public Container Refresh(Container container)
    {
        ArgumentNullException.ThrowIfNull(container);
        return Snapshot(_records.TryRead(container.Id) ?? throw NotFound(container.Name));
    }

    /// <summary>Keys of all layers that containers need, for the collector of layers. It includes containers that are just being made.</summary>
    public IReadOnlySet<string> LayerKeysInUse() => _records.ReadAll().SelectMany(c => c.LayerKeys.Concat(c.Mounts.SelectMany(m => m.LayerKeys))).ToHashSet(StringComparer.Ordinal);

    private Container Snapshot(ContainerConfiguration configuration)
    {
        string directory = _records.DirectoryOf(configuration.Id);
        var status = StatusReader.Read(directory, out bool abandoned);
        if (abandoned)
        {
            status = Recover(configuration, directory) ?? StatusReader.Read(directory);
        }
        if (status.State is ContainerState.Running)
            AskKernel(configuration, status);
        return new Container(configuration, status, directory);
    }

    /// <summary>What only the kernel knows of a container that runs: whether it is suspended, by whomever and however, and whether memory has failed it already.</summary>
    private static void AskKernel(ContainerConfiguration configuration, ContainerStatus status)
    {
        var cgroup = Cgroup.At(configuration.CgroupPath);
        if (cgroup.IsFrozen)
            status.State = ContainerState.Paused;
        if (configuration.Memory is not null)
            status.OutOfMemory = cgroup.OutOfMemoryKills > 0;
    }

    internal string DirectoryOf(Container container) => _records.DirectoryOf(container.Id);

    internal ContainerToolsException NotFound(string name)
    {
        var names = _records.ReadAll().Where(c => !c.Incomplete).Select(c => c.Name).OrderBy(n => n, StringComparer.Ordinal).ToList();
        string have = names.Count == 0 ? "There are no containers." : $"There are: {string.Join(", ", names.Take(8))}{(names.Count > 8 ? ", ..." : "")}.";
        return new ContainerToolsException("ContainerNotFound", ErrorKind.NotFound, $"No container has the name '{name}' or an id that begins with it. {have}", name);
    }
}
