using ContainerTools.Engine;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>Which namespaces a document wants new, and which by path.</summary>
internal sealed class NamespacePlan
{
    public NamespaceKinds New { get; private set; }

    /// <summary>Those that this process enters for the moment of the clone.</summary>
    public List<(NamespaceKinds Kind, string Path)> Joined { get; } = [];

    /// <summary>The user, mount or time namespace that the container's process enters itself, since this process of several threads cannot; or null.</summary>
    public string? UserPath { get; private set; }

    public string? MountPath { get; private set; }

    public string? TimePath { get; private set; }

    /// <summary>The maps of a new user namespace; of one by path as the document has them, if it does.</summary>
    public IReadOnlyList<IdMap> Users { get; private set; } = [];

    public IReadOnlyList<IdMap> Groups { get; private set; } = [];

    public bool HasNew(NamespaceKinds kind) => (New & kind) != 0;

    /// <summary>Whether processes inside can never set supplementary groups: so where an ordinary user maps nothing but his own ids.</summary>
    public bool DeniesGroups => HasNew(NamespaceKinds.User) && Users is [{ Count: 1 }] && Groups is [{ Count: 1 }] && (!OwnCapabilities.CanAdministrate || IdMapWriter.DeniesGroups(Environment.ProcessId));

    /// <summary>Whether the container has a user namespace other than the runtime's.</summary>
    public bool HasUser => HasNew(NamespaceKinds.User) || UserPath is not null;

    /// <summary>The namespaces that the clone itself makes: all but those that belong to a namespace that the process enters first.</summary>
    public NamespaceKinds MadeByClone =>
        UserPath is not null ? NamespaceKinds.None : New & ~(NamespaceKinds.Cgroup | NamespaceKinds.Time | (HasNew(NamespaceKinds.User) ? NamespaceKinds.Ipc : NamespaceKinds.None));

    /// <summary>Whether the process that enters the user namespace has to clone the container's first process, which alone can be in a new PID namespace.</summary>
    public bool ClonesAgain => UserPath is not null && HasNew(NamespaceKinds.Pid);

    /// <summary>Whether the container is in a namespace of this kind that is not the runtime's.</summary>
    public bool Has(NamespaceKinds kind) => HasNew(kind) || Joined.Exists(item => item.Kind == kind) || (kind == NamespaceKinds.User && UserPath is not null);

    /// <summary>The kinds of namespaces that were made for a container, with no one else in them.</summary>
    public static NamespaceKinds MadeFor(RuntimeSpec spec)
    {
        var all = NamespaceKinds.None;
        foreach (var item in spec.Linux?.Namespaces ?? [])
        {
            if (string.IsNullOrEmpty(item.Path))
                all |= KindOf(item.Type);
        }
        return all;
    }

    public static NamespacePlan Read(RuntimeSpec spec)
    {
        var plan = new NamespacePlan();
        foreach (var item in spec.Linux?.Namespaces ?? [])
            plan.Add(item, KindOf(item.Type));
        if (!plan.HasNew(NamespaceKinds.Mount) && plan.MountPath is null)
            throw Invalid("it asks for no mount namespace, without which its root file system would be the host's");
        if (!plan.Has(NamespaceKinds.Uts) && (spec.Hostname is { Length: > 0 } || spec.Domainname is { Length: > 0 }))
            throw Invalid("it has a hostname or domainname but asks for no UTS namespace, without which they would be the host's");
        if (plan.HasUser)
        {
            plan.Users = ReadMaps(spec.Linux?.UidMappings);
            plan.Groups = ReadMaps(spec.Linux?.GidMappings);
        }
        if (!plan.HasUser && !OwnCapabilities.CanAdministrate)
            throw Invalid("it has no user namespace, without which an ordinary user cannot make a container: add one, with uidMappings and gidMappings");
        if (plan.DeniesGroups && spec.Process?.User.AdditionalGids is { Count: > 0 })
            throw Invalid("it has additionalGids, but an ordinary user who maps nothing but his own ids cannot set groups");
        if (plan.HasNew(NamespaceKinds.User) && (IdMap.ToOutside(plan.Users, 0) is null || IdMap.ToOutside(plan.Groups, 0) is null))
            throw Invalid("its user namespace maps no id 0, which the file systems inside belong to");
        if (spec.Linux?.TimeOffsets is { Count: > 0 } && !plan.HasNew(NamespaceKinds.Time))
            throw Invalid("it has timeOffsets but asks for no new time namespace, whose clocks they would set");
        return plan;
    }

    public static List<IdMap> ReadMaps(List<LinuxIdMapping>? mappings)
    {
        var maps = new List<IdMap>();
        foreach (var mapping in mappings ?? [])
            maps.Add(new IdMap(mapping.ContainerID, mapping.HostID, mapping.Size));
        return maps;
    }

    internal static ContainerToolsException Invalid(string reason) => new("SpecInvalid", ErrorKind.InvalidData, $"The container's config.json cannot be used: {reason}.");

    private static NamespaceKinds KindOf(string type) => type switch
    {
        "mount" => NamespaceKinds.Mount,
        "pid" => NamespaceKinds.Pid,
        "network" => NamespaceKinds.Network,
        "ipc" => NamespaceKinds.Ipc,
        "uts" => NamespaceKinds.Uts,
        "user" => NamespaceKinds.User,
        "cgroup" => NamespaceKinds.Cgroup,
        "time" => NamespaceKinds.Time,
        _ => throw Invalid($"it asks for a namespace of type '{type}'; types are mount, pid, network, ipc, uts, user, cgroup and time"),
    };

    private void Add(LinuxNamespace item, NamespaceKinds kind)
    {
        if (HasNew(kind) || Has(kind) || (kind == NamespaceKinds.Mount && MountPath is not null) || (kind == NamespaceKinds.Time && TimePath is not null))
            throw Invalid($"it names the {item.Type} namespace twice");
        if (string.IsNullOrEmpty(item.Path))
            New |= kind;
        else if (kind == NamespaceKinds.User)
            UserPath = item.Path;
        else if (kind == NamespaceKinds.Mount)
            MountPath = item.Path;
        else if (kind == NamespaceKinds.Time)
            TimePath = item.Path;
        else
            Joined.Add((kind, item.Path));
    }
}
