using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.RootFileSystems;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Specs;
using ContainerTools.Engine.Users;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.Launching;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Monitor;

/// <summary>
/// Makes an ordinary OCI bundle of a container, for runtimes that know nothing of layers, mapped ids and names of users: mounts its root file system and its mapped
/// volumes, looks the user up, and writes a config.json without the product's own words.
/// </summary>
/// <remarks>
/// All is mounted in a mount namespace of this process, which the runtime inherits: it ends with the monitor and the container, whatever happens to either.
/// </remarks>
internal static class OtherRuntimeBundle
{
    // What Debian 12's runc and crun know.
    private const string Version = "1.0.2";

    private static readonly string[] s_places = ["/mnt", "/media", "/srv", "/opt"];

    /// <summary>Makes the bundle.</summary>
    /// <param name="options">The container.</param>
    /// <param name="bundle">The bundle's directory, which is made.</param>
    /// <returns>Whether the container has a terminal.</returns>
    public static bool Make(MonitorArguments options, string bundle)
    {
        string directory = options.Directory;
        var spec = RuntimeJson.ReadSpec(File.ReadAllBytes(Path.Combine(directory, ContainerFiles.Specification)));
        JoinedContainers.Refresh(spec, options);
        var annotations = spec.Annotations ?? [];
        Directory.CreateDirectory(bundle);
        // Before this thread leaves the mount namespace of the run before, where this process's other threads stay.
        if (options.Restarts > 0)
            ClosePlaces();
        MountApi.EnterPrivateNamespace();
        using var userNamespace = MappedNamespace.TryHold(spec.Linux);
        var layers = new OverlayLayers(annotations[Annotations.Layers].Split('\n'), annotations[Annotations.Upper], annotations[Annotations.Work])
        {
            Label = MountSteps.MountLabel(spec),
            Volatile = annotations.GetValueOrDefault(Annotations.Volatile) == "true",
        };
        // An ordinary user's layers have the owners that the container's ids are outside.
        var maps = annotations.GetValueOrDefault(Annotations.IdMapped) == "true" ? userNamespace : null;
        using SafeFileHandle mount = RootFileSystem.Mount(layers, maps?.Handle, maps?.RootUser ?? 0, maps?.RootGroup ?? 0);
        SetUser(spec, annotations, mount);
        // Of a namespace that is joined the maps are known; the two together some runtimes refuse.
        if (spec.Linux?.Namespaces?.Exists(n => n.Type == "user" && n.Path is not null) == true)
            spec.Linux.UidMappings = spec.Linux.GidMappings = null;
        var mapped = OpenMappedBinds(spec, userNamespace?.Handle);
        try
        {
            // The runtime walks to the root file system as the container's root, to which the run directory is closed.
            string place = userNamespace is null ? bundle : OpenPlace(directory, bundle);
            spec.Root!.Path = Attach(mount, Path.Combine(place, "rootfs"), isDirectory: true);
            for (int i = 0; i < mapped.Count; i++)
                mapped[i].Mount.Source = Attach(mapped[i].Tree, Path.Combine(place, $"mount{i}"), mapped[i].IsDirectory);
        }
        finally
        {
            mapped.ForEach(m => m.Tree.Dispose());
        }
        if (!OtherRuntime.HasGroup(options.CgroupPath))
        {
            if (ContainerLauncher.AsksForLimits(spec.Linux?.Resources))
                throw UserLimits.NotDelegated(options.Id);
            spec.Linux!.CgroupsPath = null;
        }
        spec.OciVersion = Version;
        spec.Annotations = annotations.Where(a => !a.Key.StartsWith(Annotations.Prefix, StringComparison.Ordinal)).ToDictionary();
        File.WriteAllBytes(Path.Combine(bundle, "config.json"), RuntimeJson.WriteSpec(spec));
        return spec.Process is { Terminal: true };
    }

    /// <summary>A directory that everybody may walk through: a small file system over one that this host surely has, in this mount namespace alone.</summary>
    private static string OpenPlace(string directory, string bundle)
    {
        string place = s_places.FirstOrDefault(p => Directory.Exists(p) && !MountTable.IsBeneath(directory, p) && !MountTable.IsBeneath(bundle, p))
            ?? throw new ContainerToolsException("RuntimeFailed", ErrorKind.NotSupported, $"None of {string.Join(", ", s_places)} can be used to mount the container's root file system for another runtime. Make one of them.");
        MountApi.Mount("tmpfs", place, "tmpfs", 0, "mode=711,size=1m");
        return place;
    }

    /// <summary>Takes away what an earlier run of the container has left, since a monitor keeps its mounts: two overlays must not share a writable layer.</summary>
    private static void ClosePlaces()
    {
        foreach (string place in s_places)
        {
            if (MountTable.Holding(place) is { } earlier && earlier.MountPoint == place && earlier.Type == "tmpfs" && earlier.FileSystemOptions.Contains("size=1024k"))
                MountApi.Detach(place);
        }
    }

    private static string Attach(SafeFileHandle tree, string target, bool isDirectory)
    {
        if (isDirectory)
            Directory.CreateDirectory(target);
        else
            File.WriteAllBytes(target, []);
        MountApi.MoveMount(tree, null, target);
        return target;
    }

    private static List<(MountSpec Mount, SafeFileHandle Tree, bool IsDirectory)> OpenMappedBinds(RuntimeSpec spec, SafeFileHandle? userNamespace)
    {
        List<(MountSpec, SafeFileHandle, bool)> mapped = [];
        foreach (var mount in spec.Mounts ?? [])
        {
            bool maps = mount.Options is not null && (mount.Options.Remove("idmap") || mount.Options.Remove("ridmap"));
            if (ForeignMounts.Is(mount))
            {
                mapped.Add((mount, ForeignMounts.Open(mount, maps ? userNamespace : null), true));
                mount.Type = "bind";
            }
            else if (maps)
            {
                mapped.Add((mount, IdMappedBind.Open(mount.Source!, userNamespace), Directory.Exists(mount.Source)));
            }
        }
        return mapped;
    }

    private static List<IdMap> Maps(List<LinuxIdMapping>? mappings) => [.. (mappings ?? []).Select(m => new IdMap(m.ContainerID, m.HostID, m.Size))];

    private static void SetUser(RuntimeSpec spec, Dictionary<string, string> annotations, SafeFileHandle root)
    {
        if (spec.Process is null || !annotations.TryGetValue(Annotations.User, out string? user))
            return;
        string[] groups = annotations.TryGetValue(Annotations.Groups, out string? lines) ? lines.Split('\n') : [];
        var resolved = UserResolver.Resolve(user, groups, path => RootedFile.Read(root, path));
        MappedUser.Check(resolved, Maps(spec.Linux?.UidMappings), Maps(spec.Linux?.GidMappings));
        spec.Process.User = new UserSpec { Uid = resolved.UserId, Gid = resolved.GroupId, AdditionalGids = [.. resolved.AdditionalGroups] };
        if (spec.Process.Env is { } environment && !environment.Exists(e => e.StartsWith("HOME=", StringComparison.Ordinal)))
            environment.Add("HOME=" + resolved.Home);
    }
}
