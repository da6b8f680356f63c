using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Rootless;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Specs;

/// <summary>The mounts of a container: the usual file systems, the three files of its network, and what the configuration adds.</summary>
internal static class MountBuilder
{
    private static readonly string[] s_propagations = ["shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable", "runbindable"];

    /// <summary>Where an init is mounted: below /dev, which is the container's own file system, so that its writable layer stays as it is.</summary>
    internal const string InitPath = "/dev/init";

    internal static List<MountSpec> Build(ContainerConfiguration configuration, SpecInputs inputs)
    {
        bool mapped = configuration.MapsFiles;
        List<MountSpec> mounts = Usual(configuration, inputs.Shared.Ipc);
        AddFile(mounts, configuration.ResolvConfPath, "/etc/resolv.conf", mapped);
        AddFile(mounts, configuration.HostNamePath, "/etc/hostname", mapped);
        AddFile(mounts, configuration.HostsPath, "/etc/hosts", mapped);
        foreach (ContainerMount mount in configuration.Mounts)
        {
            string destination = mount.Destination.Length > 1 ? mount.Destination.TrimEnd('/') : mount.Destination;
            // What the caller mounts takes the place of what is usual there and below.
            mounts.RemoveAll(usual => usual.Destination == destination || usual.Destination.StartsWith(destination + "/", StringComparison.Ordinal) && IsUsual(usual));
            mounts.Add(mount.Kind == ContainerMountKind.TmpFs ? TmpFs(mount, destination) : mount.Kind == ContainerMountKind.Image ? Layers(mount, destination, mapped ? configuration.IdRange : null) : Bind(mount, destination, mapped));
        }
        // Never with mapped ids: the container's root would own the file, and might find a way to write to it.
        if (configuration.Init && inputs.InitPath is { } initPath)
            mounts.Add(Mount(InitPath, "bind", initPath, "bind", "rprivate", "ro", "nosuid", "nodev"));
        return mounts;
    }

    /// <summary>Propagation that the root needs so that a mount's own can work; null for the runtime's default.</summary>
    internal static string? RootPropagation(ContainerConfiguration configuration)
    {
        bool Asked(string propagation) => configuration.Mounts.Any(mount => mount.Options.Contains(propagation) || mount.Options.Contains("r" + propagation));
        return Asked("shared") ? "rshared" : Asked("slave") ? "rslave" : null;
    }

    private static List<MountSpec> Usual(ContainerConfiguration configuration, int? ipcOwner)
    {
        string access = configuration.Privileged ? "rw" : "ro";
        List<MountSpec> mounts =
        [
            // Only a user namespace that owns the PID namespace may mount it anew (user_namespaces(7)).
            configuration.PidNamespace == "host" && (configuration.IdRange is not null || UserSession.IsRootless)
                ? Mount("/proc", "bind", "/proc", "rbind", "rprivate", "nosuid", "noexec", "nodev")
                : Mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
            Mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
            Mount("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", .. HasTerminalGroup(configuration) ? ["gid=5"] : Array.Empty<string>()]),
            // A user namespace may mount sysfs only with a network namespace of its own; a bind of the host's is what remains.
            configuration.IdRange is not null && !configuration.OwnsNetwork
                ? Mount("/sys", "bind", "/sys", "rbind", "rprivate", "nosuid", "noexec", "nodev", "ro", "rro")
                : Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", access),
            Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", access),
        ];
        if (configuration.IpcNamespace == "host")
        {
            mounts.Add(Mount("/dev/mqueue", "bind", "/dev/mqueue", "rbind", "rprivate", "nosuid", "noexec", "nodev"));
            mounts.Add(Mount("/dev/shm", "bind", "/dev/shm", "rbind", "rprivate", "nosuid", "noexec", "nodev"));
        }
        else if (ipcOwner is { } owner)
        {
            foreach (string path in new[] { "/dev/mqueue", "/dev/shm" })
                mounts.Add(Mount(path, MountTypes.OfProcess, FormattableString.Invariant($"{owner}:{path}"), "bind", "rprivate", "nosuid", "noexec", "nodev"));
        }
        else
        {
            mounts.Add(Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"));
            mounts.Add(Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", $"size={configuration.ShmSize}"));
        }
        return mounts;
    }

    // Group tty; where no id inside is 5 the kernel refuses it.
    private static bool HasTerminalGroup(ContainerConfiguration configuration) =>
        configuration.IdRange is not { } range || range.Groups.Any(e => e.Inside <= 5 && 5 - e.Inside < e.Count);

    private static bool IsUsual(MountSpec mount) =>
        mount.Type is not ("bind" or MountTypes.Layers) && (mount.Destination.StartsWith("/dev/", StringComparison.Ordinal) || mount.Destination.StartsWith("/sys/", StringComparison.Ordinal));

    private static void AddFile(List<MountSpec> mounts, string? source, string destination, bool mapped)
    {
        if (source is null)
            return;
        MountSpec mount = Mount(destination, "bind", source, "rbind", "rprivate");
        if (mapped)
            mount.Options!.Add("ridmap");
        mounts.Add(mount);
    }

    private static MountSpec Bind(ContainerMount mount, string destination, bool mapped)
    {
        List<string> options = [.. mount.Options];
        if (!options.Contains("bind") && !options.Contains("rbind"))
            options.Insert(0, "rbind");
        if (!options.Any(option => s_propagations.Contains(option)))
            options.Add("rprivate");
        if (mount.ReadOnly)
        {
            options.RemoveAll(static option => option == "rw");
            // Mounts below the source are read-only too, as a caller who says 'ro' expects.
            options.Add("ro");
            if (options.Contains("rbind"))
                options.Add("rro");
        }
        if (mapped && !options.Contains("idmap") && !options.Contains("ridmap"))
            options.Add(options.Contains("rbind") ? "ridmap" : "idmap");
        return new MountSpec { Destination = destination, Type = "bind", Source = mount.Source, Options = options };
    }

    private static MountSpec Layers(ContainerMount mount, string destination, IdRange? range)
    {
        List<string> options = [.. mount.Options, "bind", "rprivate", mount.ReadOnly ? "ro" : "rw"];
        if (range is not null)
            options.Add("idmap");
        if (mount.SubPath is { } path)
            options.Add($"{MountTypes.SubPath}={path}");
        if (!mount.Directory)
            options.Add(MountTypes.File);
        if (mount.WritableDirectory is { } writable)
        {
            options.Add($"{MountTypes.Writable}={writable}");
            if (range is not null)
                options.Add(FormattableString.Invariant($"{MountTypes.Root}={OutsideOf(range.Users)}:{OutsideOf(range.Groups)}"));
        }
        return new MountSpec { Destination = destination, Type = MountTypes.Layers, Source = string.Join('\n', Enumerable.Reverse(mount.LayerPaths)), Options = options };
    }

    private static uint OutsideOf(IReadOnlyList<IdExtent> map) => map.FirstOrDefault(static e => e.Inside == 0)?.Outside ?? 0;

    private static MountSpec TmpFs(ContainerMount mount, string destination)
    {
        List<string> options = [.. mount.Options];
        foreach ((string off, string on) in new[] { ("noexec", "exec"), ("nosuid", "suid"), ("nodev", "dev") })
        {
            if (!options.Contains(on) && !options.Contains(off))
                options.Add(off);
        }
        if (mount.ReadOnly && !options.Contains("ro"))
            options.Add("ro");
        return new MountSpec { Destination = destination, Type = "tmpfs", Source = "tmpfs", Options = options };
    }

    private static MountSpec Mount(string destination, string type, string source, params string[] options) =>
        new() { Destination = destination, Type = type, Source = source, Options = [.. options] };
}
