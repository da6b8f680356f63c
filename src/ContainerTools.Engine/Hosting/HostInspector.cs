using System.Runtime.InteropServices;
using ContainerTools.Engine.Networks;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Systemd;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Hosting;

/// <summary>Collects what <see cref="ContainerHostInfo"/> says.</summary>
internal static class HostInspector
{
    // File systems that overlayfs refuses as its writable layer, or that lose what layers need (device nodes, owners, whiteouts).
    private static readonly HashSet<string> s_unsuitable = ["overlay", "nfs", "nfs4", "cifs", "smb3", "vfat", "msdos", "exfat", "ntfs3", "9p", "fuse.sshfs", "ecryptfs", "ramfs"];

    internal static ContainerHostInfo Inspect(StorePaths paths, string runtimePath)
    {
        var warnings = new List<string>();
        bool root = Environment.IsPrivilegedProcess;
        MountEntry? store = KernelFeatures.MountOf(paths.Root);
        string type = store?.Type ?? "unknown";
        CgroupHierarchies groups = CgroupHierarchies.Current;
        string? delegated = root ? null : ContainerScope.Delegated ?? CgroupDelegation.Find();
        IReadOnlyList<string> controllers = root ? groups.Controllers : delegated is null ? [] : CgroupDelegation.Controllers(delegated);
        bool namespaces = root ? KernelFeatures.UserNamespaces : KernelFeatures.UnprivilegedUserNamespaces;
        bool mapped = root && KernelFeatures.IdMappedOverlayLayers && KernelFeatures.CanIdMap(type);
        bool swap = KernelFeatures.SwapLimit;
        IReadOnlyList<HostIdRange> ranges = root ? HostIdRanges.Read() : HostIdRanges.OfUser();
        string? version = RuntimeVersion(runtimePath, warnings);
        if (!root)
            AddUser(warnings, delegated, controllers);
        if (!KernelFeatures.Overlay)
            warnings.Add("The kernel has no overlayfs: containers cannot be started.");
        if (s_unsuitable.Contains(type))
            warnings.Add($"The store {paths.Root} lies on {type}, which cannot hold layers. Set CONTAINERTOOLS_ROOT to a directory on ext4, xfs or btrfs.");
        if (root)
        {
            AddNamespaces(warnings, namespaces, type);
            AddGroups(warnings, groups, controllers, swap);
        }
        else if (!namespaces)
        {
            warnings.Add(KernelFeatures.RestrictsUserNamespaces
                ? "AppArmor keeps ordinary programs from making user namespaces (kernel.apparmor_restrict_unprivileged_userns): containers cannot be started. Have the administrator allow it for the runtime with a profile that has 'userns,', or set that to 0."
                : "This host does not let ordinary users make user namespaces (see user.max_user_namespaces and kernel.unprivileged_userns_clone): containers cannot be started.");
        }
        AddNetworks(warnings);
        if (!KernelFeatures.Seccomp)
            warnings.Add("The kernel cannot filter system calls: containers start only with -SecurityOption seccomp=unconfined.");
        return new ContainerHostInfo
        {
            Name = Environment.MachineName,
            OperatingSystem = OperatingSystemName(),
            Kernel = KernelVersion.Release,
            Architecture = RuntimeInformation.OSArchitecture switch
            {
                System.Runtime.InteropServices.Architecture.X64 => "amd64",
                System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
                var other => other.ToString().ToLowerInvariant(),
            },
            Processors = Environment.ProcessorCount,
            Memory = Memory(),
            Rootless = !root,
            CgroupVersion = groups.Version,
            CgroupControllers = controllers,
            SwapLimit = swap,
            UserNamespaces = namespaces,
            IdMappedLayers = mapped,
            Seccomp = KernelFeatures.Seccomp,
            SecurityModules = KernelFeatures.SecurityModules,
            IdRanges = ranges,
            StorePath = paths.Root,
            StoreFileSystem = type,
            StoreFreeSpace = FreeSpace(store),
            RunPath = paths.RunRoot,
            RuntimePath = runtimePath,
            RuntimeVersion = version,
            Warnings = warnings,
        };
    }

    private static void AddUser(List<string> warnings, string? group, IReadOnlyList<string> controllers)
    {
        if (SubordinateIds.Read().Reason is { } reason)
            warnings.Add($"Containers have one id, this user's own as root: images with files of other owners cannot be unpacked, since {reason}.");
        if (InstalledProgram.Find("pasta") is null && InstalledProgram.Find("slirp4netns") is null)
            warnings.Add("Neither the program pasta nor slirp4netns is installed: containers run with -Network none only. Have the administrator install the package 'passt' (or 'slirp4netns').");
        if (group is null)
        {
            warnings.Add("No cgroup v2 subtree is delegated to this user: limits are refused, and containers cannot be paused. " + (CgroupHierarchies.Current.UnifiedControls
                ? "With systemd each user has one in a session of his, or always where 'loginctl enable-linger' was said of him." : "Cgroup v2 is not mounted."));
        }
        else
            AddMissing(warnings, controllers, "are not delegated to this user", " " + CgroupDelegation.HowTo);
    }

    private static bool AddMissing(List<string> warnings, IReadOnlyList<string> controllers, string what, string remedy = "")
    {
        string[] missing = [.. new[] { ("memory", "-Memory"), ("cpu", "-Cpus"), ("cpuset", "-CpuSet"), ("pids", "-PidsLimit") }
            .Where(pair => !controllers.Contains(pair.Item1)).Select(pair => $"{pair.Item2} ({pair.Item1})")];
        if (missing.Length > 0)
            warnings.Add($"Control group controllers {what}; these limits cannot be set: {string.Join(", ", missing)}.{remedy}");
        return missing.Length > 0;
    }

    private static void AddNetworks(List<string> warnings)
    {
        if (NftProgram.Find() is null)
            warnings.Add("The program 'nft' is not installed: containers on networks reach each other but nothing outside, and no ports can be published. Install the package 'nftables'.");
        if (ForwardFilter.Warning() is { } dropped)
            warnings.Add(dropped);
    }

    private static void AddNamespaces(List<string> warnings, bool namespaces, string type)
    {
        const string consequence = "containers share the host's user namespace, root inside being root outside";
        if (!namespaces)
            warnings.Add($"User namespaces are switched off (see user.max_user_namespaces in sysctl): {consequence}.");
        else if (!KernelFeatures.IdMappedOverlayLayers)
            warnings.Add($"Kernel {KernelVersion.Release} has no idmapped overlay layers (Linux 5.19 has them): {consequence}.");
        else if (!KernelFeatures.CanIdMap(type))
            warnings.Add($"The store lies on {type}, which kernel {KernelVersion.Release} cannot mount with mapped ids: {consequence}. A store on ext4, xfs or btrfs avoids that.");
    }

    private static void AddGroups(List<string> warnings, CgroupHierarchies groups, IReadOnlyList<string> controllers, bool swap)
    {
        if (groups.Version == CgroupVersion.None)
        {
            warnings.Add("No control groups are mounted: limits cannot be set, and containers cannot be paused.");
            return;
        }
        if (!AddMissing(warnings, controllers, "are missing") && !swap)
            warnings.Add("The kernel does not limit swap: a container with -Memory can swap out what exceeds its limit, and -MemorySwap is refused.");
    }

    private static string? RuntimeVersion(string path, List<string> warnings)
    {
        if (!File.Exists(path))
        {
            warnings.Add($"The runtime {path} does not exist: containers cannot be started. Build it with 'dotnet build'.");
            return null;
        }
        try
        {
            (ExitStatus status, string output) = ChildOutput.Read(path, path, "--version");
            if (status.ShellCode == 0)
                return output.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [.., var last] ? last : "";
            warnings.Add($"The runtime {path} does not run: '--version' ended with {status.ShellCode}.");
        }
        catch (LinuxException error)
        {
            warnings.Add($"The runtime {path} does not run: {error.Message}.");
        }
        return null;
    }

    private static string OperatingSystemName()
    {
        foreach (string file in new[] { "/etc/os-release", "/usr/lib/os-release" })
        {
            if (!File.Exists(file))
                continue;
            foreach (string line in File.ReadLines(file))
            {
                if (line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))
                    return line["PRETTY_NAME=".Length..].Trim('"', '\'');
            }
        }
        return "Linux";
    }

    private static long Memory()
    {
        string line = File.ReadLines("/proc/meminfo").First();
        return long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], out long kilobytes) ? kilobytes * 1024 : 0;
    }

    private static long? FreeSpace(MountEntry? mount)
    {
        try
        {
            return mount is null ? null : new DriveInfo(mount.MountPoint).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
