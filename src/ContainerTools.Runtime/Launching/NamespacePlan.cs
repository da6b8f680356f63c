using ContainerTools.Engine;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>Which namespaces a document wants new, and which by path.</summary>
internal sealed class NamespacePlan
{
    public NamespaceKinds New { get; private set; }

    public List<(NamespaceKinds Kind, string Path)> Joined { get; } = [];

    public IReadOnlyList<IdMap> Users { get; private set; } = [];

    public IReadOnlyList<IdMap> Groups { get; private set; } = [];

    public bool HasNew(NamespaceKinds kind) => (New & kind) != 0;

    /// <summary>Whether the container is in a namespace of this kind that is not the runtime's.</summary>
    public bool Has(NamespaceKinds kind) => HasNew(kind) || Joined.Exists(item => item.Kind == kind);

    public static NamespacePlan Read(RuntimeSpec spec)
    {
        var plan = new NamespacePlan();
        foreach (var item in spec.Linux?.Namespaces ?? [])
        {
            var kind = item.Type switch
            {
                "mount" => NamespaceKinds.Mount,
                "pid" => NamespaceKinds.Pid,
                "network" => NamespaceKinds.Network,
                "ipc" => NamespaceKinds.Ipc,
                "uts" => NamespaceKinds.Uts,
                "user" => NamespaceKinds.User,
                "cgroup" => NamespaceKinds.Cgroup,
                _ => throw Invalid($"it asks for a namespace of type '{item.Type}'; types are mount, pid, network, ipc, uts, user and cgroup"),
            };
            if (string.IsNullOrEmpty(item.Path))
                plan.New |= kind;
            else if (kind is NamespaceKinds.Mount or NamespaceKinds.User)
                throw Invalid($"it names the {item.Type} namespace '{item.Path}': a container's {item.Type} namespace is always its own");
            else
                plan.Joined.Add((kind, item.Path));
        }
        if (!plan.HasNew(NamespaceKinds.Mount))
            throw Invalid("it asks for no mount namespace, without which its root file system would be the host's");
        if (plan.HasNew(NamespaceKinds.User))
        {
            plan.Users = ReadMaps(spec.Linux?.UidMappings);
            plan.Groups = ReadMaps(spec.Linux?.GidMappings);
            if (IdMap.ToOutside(plan.Users, 0) is null || IdMap.ToOutside(plan.Groups, 0) is null)
                throw Invalid("its user namespace maps no id 0, which the file systems inside belong to");
        }
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
}
