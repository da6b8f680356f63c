using System.Text;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Linux.Cgroups;

/// <summary>Where the machine's control group hierarchies are mounted.</summary>
public sealed class CgroupHierarchies
{
    private static CgroupHierarchies? current;

    private CgroupHierarchies(IReadOnlyDictionary<string, string> controllers, string? unified, bool unifiedControls)
    {
        V1 = controllers;
        Unified = unified;
        Version = (controllers.Count > 0, unified is not null) switch
        {
            (false, false) => CgroupVersion.None,
            (true, false) => CgroupVersion.V1,
            (false, true) => CgroupVersion.V2,
            _ => CgroupVersion.Hybrid,
        };
        UnifiedControls = unifiedControls;
    }

    /// <summary>This machine's, read once in a process.</summary>
    public static CgroupHierarchies Current => current ??= Read();

    /// <summary>What another process of the host's root has seen as <see cref="Mounts"/>, so that this one need not read its mounts.</summary>
    /// <param name="mounts">Mount points by controller; version 2's goes by an empty name.</param>
    /// <param name="path">A group that is there, from each hierarchy's root: where the first does not have it, nothing is taken over.</param>
    public static void Adopt(Dictionary<string, string> mounts, string path)
    {
        ArgumentNullException.ThrowIfNull(mounts);
        if (current is not null)
            return;
        string? unified = null, first = null;
        var controllers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (controller, mount) in mounts)
        {
            first ??= mount;
            if (controller.Length > 0)
                controllers.Add(controller, mount);
            else
                unified = mount;
        }
        if (first is null || !System.IO.Directory.Exists(first + path))
            return;
        current = new CgroupHierarchies(controllers, unified, unified is not null && controllers.Count == 0);
    }

    /// <summary>Mount points by controller; version 2's goes by an empty name.</summary>
    public Dictionary<string, string> Mounts
    {
        get
        {
            var all = new Dictionary<string, string>(V1, StringComparer.Ordinal);
            if (Unified is not null)
                all[""] = Unified;
            return all;
        }
    }

    /// <summary>The layout.</summary>
    public CgroupVersion Version { get; }

    /// <summary>
    /// Version 1 controllers and their mount points; controllers mounted together share one. With them goes the hierarchy in which systemd of such machines keeps its units, without a controller, which
    /// one that runs in a container needs too. None for an ordinary user: only version 2 can be delegated.
    /// </summary>
    public IReadOnlyDictionary<string, string> V1 { get; }

    /// <summary>The mount point of version 2, or null.</summary>
    public string? Unified { get; }

    /// <summary>Whether limits are set in version 2.</summary>
    public bool UnifiedControls { get; }

    /// <summary>The controllers that limits can be set with.</summary>
    public IReadOnlyList<string> Controllers =>
        UnifiedControls ? CgroupFile.ReadWords($"{Unified}/cgroup.controllers") : [.. V1.Keys.Where(key => !IsName(key)).Order(StringComparer.Ordinal)];

    /// <summary>Whether a key of <see cref="V1"/> names a hierarchy that has no controller.</summary>
    public static bool IsName(string key) => key.StartsWith("name=", StringComparison.Ordinal);

    private static CgroupHierarchies Read()
    {
        var v1 = new Dictionary<string, string>(StringComparer.Ordinal);
        string? unified = null, systemd = null;
        _ = KernelFile.Read("/proc/self/mountinfo", out var rest);
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            // Looked at before it is taken apart: this stands at the beginning of every start, and most mounts are something else.
            var type = line.IndexOf(" - cgroup"u8);
            if (type < 0)
                continue;
            var point = MountTable.PointOf(line);
            if (line[type..].StartsWith(" - cgroup2 "u8))
            {
                unified ??= point;
                continue;
            }
            if (!UserNamespace.IsHostRoot)
                continue;
            var options = line[(line.LastIndexOf((byte)' ') + 1)..];
            if (HasWord(options, SystemdName))
                systemd ??= point;
            foreach (var controller in Known)
            {
                if (HasWord(options, controller))
                    v1.TryAdd(controller, point);
            }
        }
        if (v1.Count > 0 && systemd is not null)
            v1.Add(SystemdName, systemd);
        return new CgroupHierarchies(v1, unified, unified is not null && v1.Count == 0);
    }

    // Whether a word is one of those between commas.
    private static bool HasWord(ReadOnlySpan<byte> words, string word)
    {
        while (!words.IsEmpty)
        {
            var comma = words.IndexOf((byte)',');
            if (Ascii.Equals(comma < 0 ? words : words[..comma], word))
                return true;
            words = comma < 0 ? [] : words[(comma + 1)..];
        }
        return false;
    }

    private const string SystemdName = "name=systemd";

    private static readonly string[] Known =
        ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "net_cls", "blkio", "perf_event", "net_prio", "hugetlb", "pids", "rdma", "misc"];
}
