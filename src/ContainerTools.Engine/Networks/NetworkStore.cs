using System.IO.Enumeration;
using System.Text.Json;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Events;
using ContainerTools.Engine.Store;

namespace ContainerTools.Engine.Networks;

/// <summary>Makes, finds and removes networks. Any number of processes may use one store at once.</summary>
public sealed class NetworkStore
{
    /// <summary>Name of the network that is made on first use.</summary>
    public const string DefaultName = "bridge";

    private const string LockName = "networks";

    // Fewer digits may be a name that was mistyped.
    private const int ShortestId = 4;

    // No link may have less (RFC 8200).
    private const int SmallestIPv6Mtu = 1280;

    private readonly StorePaths _paths;
    private readonly ContainerRecords _containers;

    /// <summary>Works on a store.</summary>
    public NetworkStore(StorePaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        _paths = paths;
        _containers = new ContainerRecords(paths);
    }

    /// <summary>Makes a network.</summary>
    /// <exception cref="ContainerToolsException">NetworkExists, InvalidNetworkName, InvalidSubnet, SubnetInUse, SubnetsExhausted, ...</exception>
    public ContainerNetwork Create(NetworkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        NetworkName.Check(options.Name);
        _paths.EnsureCreated();
        using var storeLock = StoreLock.Acquire(_paths, LockName);
        if (TryRead(options.Name) is not null)
            throw new ContainerToolsException("NetworkExists", ErrorKind.AlreadyExists, $"There is a network named '{options.Name}' already. Choose another name, or use the one there is.", options.Name);
        return Snapshot(Make(options), Users(), LeaseTable.Read(_paths.RunRoot));
    }

    /// <summary>All networks by name.</summary>
    public IReadOnlyList<ContainerNetwork> List() => Snapshots(ReadAll());

    /// <summary>The networks that a name, the beginning of an id or a wildcard pattern stands for; none is no error.</summary>
    public IReadOnlyList<ContainerNetwork> Find(string nameOrWildcard)
    {
        ArgumentNullException.ThrowIfNull(nameOrWildcard);
        if (nameOrWildcard.AsSpan().ContainsAny('*', '?'))
            return Snapshots(ReadAll().Where(r => FileSystemName.MatchesSimpleExpression(nameOrWildcard, r.Name, ignoreCase: false)));
        return TryFind(nameOrWildcard) is { } record ? Snapshots([record]) : [];
    }

    /// <summary>The network of a name.</summary>
    /// <exception cref="ContainerToolsException">NetworkNotFound.</exception>
    public ContainerNetwork Get(string name) => Snapshots([GetRecord(name)])[0];

    /// <summary>Removes a network that no container has.</summary>
    /// <exception cref="ContainerToolsException">NetworkInUse, NetworkNotFound.</exception>
    public void Remove(string name)
    {
        var record = GetRecord(name);
        using var storeLock = StoreLock.Acquire(_paths, LockName);
        if (Users().TryGetValue(record.Name, out var users))
        {
            throw new ContainerToolsException("NetworkInUse", ErrorKind.InUse,
                $"The network '{name}' is used by {(users.Count == 1 ? "the container" : "the containers")} {string.Join(", ", users)}. Remove or disconnect {(users.Count == 1 ? "it" : "them")} first.", name);
        }
        NetworkCleaner.RemoveBridge(_paths.RunRoot, record.Interface);
        File.Delete(FileOf(record.Name));
        EventLog.Add(_paths.Root, ContainerEventType.Network, ContainerEventAction.Remove, record.Id, record.Name);
    }

    /// <summary>The network of a name, or the one whose id begins so; null if there is none.</summary>
    internal NetworkRecord? TryFind(string nameOrId)
    {
        if (TryRead(nameOrId) is { } record)
            return record;
        var found = nameOrId.Length >= ShortestId && nameOrId.All(char.IsAsciiHexDigit) ? ReadAll().FindAll(r => r.Id.StartsWith(nameOrId, StringComparison.OrdinalIgnoreCase)) : [];
        return found.Count == 1 ? found[0] : null;
    }

    /// <summary>A network's record; the default network is made if it is that.</summary>
    /// <exception cref="ContainerToolsException">NetworkNotFound.</exception>
    internal NetworkRecord GetRecord(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryFind(name) ?? (name == DefaultName ? EnsureDefault() : throw NotFound(name));
    }

    private NetworkRecord EnsureDefault()
    {
        _paths.EnsureCreated();
        using var storeLock = StoreLock.Acquire(_paths, LockName);
        return TryRead(DefaultName) ?? Make(new NetworkOptions { Name = DefaultName });
    }

    private NetworkRecord Make(NetworkOptions options)
    {
        var others = ReadAll();
        var taken = others.SelectMany(r => r.ReadSubnets().Select(s => (s.Subnet, $"the network '{r.Name}'"))).Concat(SubnetChooser.OfHost()).ToList();
        var id = RandomIds.Next();
        var record = new NetworkRecord
        {
            Name = options.Name,
            Id = id,
            CreatedAt = DateTimeOffset.UtcNow,
            // As long as an interface's name may be.
            Interface = "ct-" + id[..12],
            Subnets = SubnetBuilder.Build(options, new SubnetChooser(taken)),
            Internal = options.Internal,
            Mtu = options.Mtu is null or (>= 68 and <= 65535) ? options.Mtu ?? 0
                : throw new ContainerToolsException("InvalidMtu", ErrorKind.InvalidArgument, $"Packets of {options.Mtu} bytes are not possible: 68 to 65535 are.", options.Mtu),
            Labels = new(options.Labels),
        };
        if (record.Mtu is > 0 and < SmallestIPv6Mtu && record.ReadSubnets().Exists(s => s.IsIPv6))
            throw new ContainerToolsException("InvalidMtu", ErrorKind.InvalidArgument, $"IPv6 needs packets of {SmallestIPv6Mtu} bytes, and {record.Mtu} are given. Give more, or leave IPv6 out.", record.Mtu);
        AtomicFile.Write(FileOf(record.Name), JsonSerializer.SerializeToUtf8Bytes(record, NetworkJsonContext.Default.NetworkRecord));
        EventLog.Add(_paths.Root, ContainerEventType.Network, ContainerEventAction.Create, record.Id, record.Name);
        return record;
    }

    private List<ContainerNetwork> Snapshots(IEnumerable<NetworkRecord> records)
    {
        var users = Users();
        var leases = LeaseTable.Read(_paths.RunRoot);
        return [.. records.Select(r => Snapshot(r, users, leases))];
    }

    private static ContainerNetwork Snapshot(NetworkRecord record, Dictionary<string, List<string>> users, LeaseTable leases) =>
        new(record, users.GetValueOrDefault(record.Name) ?? [], leases.Entries.Where(l => l.Network == record.Name && !l.IsLeaving && NetworkWithdrawal.IsMonitored(l)).Select(l => l.ToEndpoint()).ToArray());

    private Dictionary<string, List<string>> Users()
    {
        var users = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var container in _containers.ReadAll())
        {
            foreach (string name in container.Networks.Select(n => n.Name).Distinct())
            {
                if (!users.TryGetValue(name, out var list))
                    users[name] = list = [];
                list.Add(container.Name);
            }
        }
        return users;
    }

    private List<NetworkRecord> ReadAll()
    {
        List<NetworkRecord> all = [];
        if (Directory.Exists(_paths.Networks))
        {
            foreach (string file in Directory.EnumerateFiles(_paths.Networks, "*.json"))
            {
                if (TryRead(Path.GetFileNameWithoutExtension(file)) is { } record)
                    all.Add(record);
            }
        }
        all.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return all;
    }

    private NetworkRecord? TryRead(string name)
    {
        if (!NetworkName.IsValid(name))
            return null;
        string path = FileOf(name);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), NetworkJsonContext.Default.NetworkRecord);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new ContainerToolsException("NetworkDamaged", ErrorKind.InvalidData, $"The network's file '{path}' is damaged: {e.Message} Delete the file, and make the network again.", name, e);
        }
    }

    private string FileOf(string name) => Path.Combine(_paths.Networks, name + ".json");

    private ContainerToolsException NotFound(string name)
    {
        var names = ReadAll().Select(r => r.Name).ToList();
        string have = names.Count == 0 ? "There are no networks." : $"There are: {string.Join(", ", names.Take(8))}{(names.Count > 8 ? ", ..." : "")}.";
        return new ContainerToolsException("NetworkNotFound", ErrorKind.NotFound, $"There is no network named '{name}'. {have}", name);
    }
}
