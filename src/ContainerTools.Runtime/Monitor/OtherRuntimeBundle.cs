using ContainerTools.Engine.Containers;
using ContainerTools.Engine.RootFileSystems;
using ContainerTools.Engine.Specs;
using ContainerTools.Engine.Users;
using ContainerTools.Linux.Mounts;
using ContainerTools.Oci.Runtime;
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

    /// <summary>Makes the bundle.</summary>
    /// <param name="directory">The container's directory.</param>
    /// <param name="bundle">The bundle's directory, which is made.</param>
    public static void Make(string directory, string bundle)
    {
        var spec = RuntimeJson.ReadSpec(File.ReadAllBytes(Path.Combine(directory, ContainerFiles.Specification)));
        var annotations = spec.Annotations ?? [];
        string root = Path.Combine(bundle, "rootfs");
        Directory.CreateDirectory(bundle);
        MountApi.EnterPrivateNamespace();
        using var userNamespace = MappedNamespace.TryHold(spec.Linux);
        if (userNamespace is not null)
            LetMappedRootPass(bundle);
        Directory.CreateDirectory(root);
        var layers = new OverlayLayers(annotations[Annotations.Layers].Split('\n'), annotations[Annotations.Upper], annotations[Annotations.Work]);
        using SafeFileHandle mount = RootFileSystem.Mount(layers, userNamespace?.Handle, userNamespace?.RootUser ?? 0, userNamespace?.RootGroup ?? 0);
        MountApi.MoveMount(mount, null, root);
        MountVolumes(spec, bundle, userNamespace?.Handle);
        SetUser(spec, annotations, mount);
        spec.OciVersion = Version;
        spec.Root!.Path = root;
        spec.Annotations = annotations.Where(a => !a.Key.StartsWith(Annotations.Prefix, StringComparison.Ordinal)).ToDictionary();
        File.WriteAllBytes(Path.Combine(bundle, "config.json"), RuntimeJson.WriteSpec(spec));
    }

    /// <summary>
    /// The runtime walks to the root file system as the container's root, to which the run directory is closed. In this mount namespace alone it is covered by one that is
    /// open to walk through.
    /// </summary>
    private static void LetMappedRootPass(string bundle)
    {
        string run = Path.GetDirectoryName(bundle)!;
        using var whole = MountApi.OpenTree(null, run, OpenTreeFlags.Clone);
        for (string? parent = Path.GetDirectoryName(run); parent is { Length: > 1 }; parent = Path.GetDirectoryName(parent))
        {
            if ((File.GetUnixFileMode(parent) & UnixFileMode.OtherExecute) == 0)
                run = parent;
        }
        MountApi.Mount("tmpfs", run, "tmpfs", 0, "mode=711,size=1m");
        string again = Path.GetDirectoryName(bundle)!;
        Directory.CreateDirectory(again);
        foreach (string path in new[] { "other", Path.GetFileName(bundle) })
        {
            string target = Path.Combine(again, path);
            Directory.CreateDirectory(target);
            using var part = MountApi.OpenTree(whole, path, OpenTreeFlags.Clone);
            MountApi.MoveMount(part, null, target);
        }
        File.SetUnixFileMode(bundle, File.GetUnixFileMode(bundle) | UnixFileMode.OtherExecute);
    }

    private static void MountVolumes(RuntimeSpec spec, string bundle, SafeFileHandle? userNamespace)
    {
        int number = 0;
        foreach (var mount in spec.Mounts ?? [])
        {
            if (mount.Options is null || (!mount.Options.Remove("idmap") && !mount.Options.Remove("ridmap")))
                continue;
            string target = Path.Combine(bundle, $"mount{number++}");
            if (Directory.Exists(mount.Source))
                Directory.CreateDirectory(target);
            else
                File.WriteAllBytes(target, []);
            using var tree = IdMappedBind.Open(mount.Source!, userNamespace);
            MountApi.MoveMount(tree, null, target);
            mount.Source = target;
        }
    }

    private static void SetUser(RuntimeSpec spec, Dictionary<string, string> annotations, SafeFileHandle root)
    {
        if (spec.Process is null || !annotations.TryGetValue(Annotations.User, out string? user))
            return;
        string[] groups = annotations.TryGetValue(Annotations.Groups, out string? lines) ? lines.Split('\n') : [];
        var resolved = UserResolver.Resolve(user, groups, path => RootedFile.Read(root, path));
        spec.Process.User = new UserSpec { Uid = resolved.UserId, Gid = resolved.GroupId, AdditionalGids = [.. resolved.AdditionalGroups] };
        if (spec.Process.Env is { } environment && !environment.Exists(e => e.StartsWith("HOME=", StringComparison.Ordinal)))
            environment.Add("HOME=" + resolved.Home);
    }
}
