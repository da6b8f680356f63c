using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Mounts;

namespace ContainerTools.Linux;

/// <summary>What the running kernel can do, as far as containers need it. Everything is asked when it is read, and nothing is changed.</summary>
public static class KernelFeatures
{
    private static readonly KernelVersion s_idMappedLayers = new(5, 19), s_appendLayer = new(6, 7), s_layerByDescriptor = new(6, 13);

    /// <summary>Whether user namespaces can be made.</summary>
    public static bool UserNamespaces => File.Exists("/proc/self/ns/user") && ReadNumber("/proc/sys/user/max_user_namespaces") is null or > 0;

    /// <summary>Whether users other than root can make user namespaces.</summary>
    public static bool UnprivilegedUserNamespaces =>
        UserNamespaces && ReadNumber("/proc/sys/kernel/unprivileged_userns_clone") is null or > 0 && !RestrictsUserNamespaces;

    /// <summary>Whether AppArmor keeps programs without a profile that allows it from making user namespaces, as on Ubuntu since 23.10.</summary>
    public static bool RestrictsUserNamespaces => ReadNumber("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") is > 0;

    /// <summary>Whether an overlay's layers can be idmapped mounts: Linux 5.19.</summary>
    public static bool IdMappedOverlayLayers => KernelVersion.Current >= s_idMappedLayers;

    /// <summary>Whether an overlay's layers can be given one by one (<c>lowerdir+</c>): Linux 6.7.</summary>
    public static bool OverlayLayersOneByOne => KernelVersion.Current >= s_appendLayer;

    /// <summary>Whether an overlay's layers can be given by descriptor (FSCONFIG_SET_FD): Linux 6.13.</summary>
    public static bool OverlayLayersByDescriptor => KernelVersion.Current >= s_layerByDescriptor;

    /// <summary>Whether overlayfs is there: built in, loaded, or a module that mounting loads.</summary>
    public static bool Overlay => FileSystems.Contains("overlay") || HasModule("fs/overlayfs/overlay.ko");

    /// <summary>Whether system calls can be filtered.</summary>
    public static bool Seccomp => File.Exists("/proc/sys/kernel/seccomp/actions_avail");

    /// <summary>Answers of a filter that the kernel knows, as <c>errno</c> and <c>kill_process</c>.</summary>
    public static IReadOnlyList<string> SeccompActions => ReadText("/proc/sys/kernel/seccomp/actions_avail").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Active Linux security modules, as <c>apparmor</c> and <c>selinux</c>.</summary>
    public static IReadOnlyList<string> SecurityModules => SecurityModuleList.Read();

    /// <summary>File systems that are built in or loaded.</summary>
    public static IReadOnlyList<string> FileSystems =>
        [.. ReadText("/proc/filesystems").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line[(line.IndexOf('\t', StringComparison.Ordinal) + 1)..])];

    /// <summary>The processors that are switched on, as <c>0-3,6</c>.</summary>
    public static string OnlineProcessors => ReadText("/sys/devices/system/cpu/online") is { Length: > 0 } list ? list : $"0-{Environment.ProcessorCount - 1}";

    /// <summary>Whether a control group can limit swap beside memory.</summary>
    public static bool SwapLimit
    {
        get
        {
            CgroupHierarchies groups = CgroupHierarchies.Current;
            if (!groups.UnifiedControls)
                return groups.V1.TryGetValue("memory", out string? memory) && File.Exists(memory + "/memory.memsw.limit_in_bytes");
            // The root group has no limits; any group with the controller shows whether it counts swap.
            try
            {
                foreach (string group in Directory.EnumerateDirectories(groups.Unified!))
                {
                    if (File.Exists(group + "/memory.max"))
                        return File.Exists(group + "/memory.swap.max");
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return false;
            }
            return !ReadText("/proc/cmdline").Contains("swapaccount=0", StringComparison.Ordinal);
        }
    }

    /// <summary>Whether mounts of a file system can be idmapped by this kernel (mount_setattr(2)); for FUSE and the like it also depends on the server.</summary>
    /// <param name="type">Type as in /proc/filesystems.</param>
    public static bool CanIdMap(string type)
    {
        KernelVersion? since = type switch
        {
            "ext4" or "ext3" or "ext2" or "xfs" or "vfat" or "msdos" => new(5, 12),
            "btrfs" or "ntfs3" => new(5, 15),
            "f2fs" => new(5, 18),
            "erofs" => new(5, 19),
            "squashfs" => new(6, 2),
            "tmpfs" or "hugetlbfs" => new(6, 3),
            "ceph" or "bcachefs" => new(6, 7),
            "fuse" or "virtiofs" or "zfs" => new(6, 12),
            _ => null,
        };
        return since is { } version && KernelVersion.Current >= version;
    }

    /// <summary>The mount that holds a path, or the nearest existing directory above it.</summary>
    public static MountEntry? MountOf(string path)
    {
        string? existing = Path.GetFullPath(path);
        while (existing is not null && !Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing);
        return existing is null ? null : MountTable.Holding(existing);
    }

    private static bool HasModule(string file)
    {
        string folder = $"/lib/modules/{KernelVersion.Release}/kernel/{file}";
        return File.Exists(folder) || File.Exists(folder + ".xz") || File.Exists(folder + ".zst") || File.Exists(folder + ".gz");
    }

    private static long? ReadNumber(string path) => long.TryParse(ReadText(path), out long value) ? value : null;

    internal static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
