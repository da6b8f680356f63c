using ContainerTools.Engine.Networks;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Systemd;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Processes;
using ContainerTools.Linux.Trees;

namespace ContainerTools.Engine.Containers;

/// <summary>What a container has outside its own directory: control groups, run state, and mounts for another runtime.</summary>
internal static class ContainerLeftovers
{
    /// <summary>A group for all monitors: beside the containers' and away from the shell's.</summary>
    public const string MonitorsCgroup = ParentCgroup + "/monitors";

    private const string ParentCgroup = "/containertools";

    /// <summary>Where a new container's control group is to be: an ordinary user's lies where he may make groups.</summary>
    public static string CgroupOf(string id) => ContainerScope.PathFor(id) ?? $"{(UserSession.IsRootless ? CgroupDelegation.Find() : null)}{ParentCgroup}/{id}";

    /// <summary>The monitors' group beside a container's.</summary>
    public static string MonitorsCgroupBeside(string cgroupPath) => Path.GetDirectoryName(cgroupPath) + "/monitors";

    /// <summary>State directories of the built-in runtime's command line.</summary>
    public static string RuntimeRoot(string runRoot) => Path.Combine(runRoot, "runtime");

    /// <summary>What the built-in runtime's <c>exec</c> must be told of a container whose state directory is gone, though it runs; nothing where it is there.</summary>
    public static string[] LostStateOptions(string runRoot, string id, string directory, string cgroupPath) =>
        Directory.Exists(Path.Combine(RuntimeRoot(runRoot), id)) ? [] : ["--lost-of", directory, "--lost-cgroup", cgroupPath];

    /// <summary>State directories of another runtime.</summary>
    public static string OtherRuntimeRoot(string runRoot, string runtime) => Path.Combine(runRoot, "other", Path.GetFileName(runtime));

    /// <summary>The bundle that another runtime is given: run state, since what is mounted in it is.</summary>
    public static string OtherRuntimeBundle(string runRoot, string id) => Path.Combine(runRoot, id);

    /// <summary>Kills what still runs and removes everything. It may be called again, and when there is nothing.</summary>
    /// <param name="runRoot">The root of run state.</param>
    /// <param name="id">The container.</param>
    /// <param name="cgroupPath">Its control group.</param>
    /// <param name="runtime">Another runtime that has made it; null for the built-in one.</param>
    /// <param name="later">Gets what is only put out of sight, for the caller to delete when there is time; null deletes all of it now.</param>
    public static void Remove(string runRoot, string id, string cgroupPath, string? runtime, List<string>? later = null)
    {
        if (runtime is not null)
            DeleteFromOtherRuntime(runRoot, id, runtime, cgroupPath);
        // Usually nobody lives in it any more. Another shell's monitor may have got the container ready: that is in version 2's only.
        _ = Cgroup.At(cgroupPath).Clear();
        ContainerScope.RemoveEmpty(cgroupPath);
        if (NetworkMembership.Leave(runRoot, id))
            NetworkCleaner.Request(runRoot);
        RemoveState(RuntimeRoot(runRoot), id, later);
        if (runtime is not null)
        {
            // Its mounts are in the monitor's own mount namespace: elsewhere there are none, and for the monitor they must go first.
            string bundle = OtherRuntimeBundle(runRoot, id);
            RemoveStrayGroups(cgroupPath);
            foreach (var mount in MountTable.Read().Where(m => MountTable.IsBeneath(m.MountPoint, bundle)).Reverse())
                MountApi.Detach(mount.MountPoint);
            TreeRemoval.Remove(OtherRuntimeBundle(runRoot, id));
            // The last one's: runtimes make theirs again.
            string root = OtherRuntimeRoot(runRoot, runtime);
            _ = FileCalls.RemoveDirectoryAt(FileCalls.WorkingDirectory, PathBytes.Terminated(root));
            _ = FileCalls.RemoveDirectoryAt(FileCalls.WorkingDirectory, PathBytes.Terminated(Path.GetDirectoryName(root)!));
        }
    }

    /// <summary>Removes the monitors' group if the last of them has left it. A monitor cannot do that itself, as it is in it to its end.</summary>
    public static void RemoveMonitorsCgroup() => RemoveIfEmpty(MonitorsCgroup);

    /// <summary>Removes the groups that all containers have in common, if there are no containers. To make them again takes a while, so nobody does this who has others waiting.</summary>
    public static void RemoveCommonCgroups()
    {
        RemoveIfEmpty(MonitorsCgroup);
        RemoveIfEmpty(ParentCgroup);
    }

    private static void RemoveIfEmpty(string group)
    {
        foreach (string directory in Cgroup.At(group).Directories)
            _ = FileCalls.RemoveDirectoryAt(FileCalls.WorkingDirectory, PathBytes.Terminated(directory));
    }

    /// <summary>
    /// crun makes a group in every version 1 hierarchy that the kernel lists. Where one is not mounted that is a plain directory with plain files in it, which it cannot
    /// remove afterwards.
    /// </summary>
    private static void RemoveStrayGroups(string cgroupPath)
    {
        const string root = "/sys/fs/cgroup";
        foreach (string line in File.ReadLines("/proc/self/cgroup"))
        {
            // hierarchy-ID:controller-list:cgroup-path, cgroups(7)
            if (line.Split(':') is not [_, { Length: > 0 } controllers, ..] || controllers.StartsWith("name=", StringComparison.Ordinal))
                continue;
            string hierarchy = $"{root}/{controllers}";
            if (!Directory.Exists(hierarchy + cgroupPath) || MountTable.Holding(hierarchy)?.MountPoint != root)
                continue;
            TreeRemoval.Remove(hierarchy + cgroupPath);
            _ = FileCalls.RemoveDirectoryAt(FileCalls.WorkingDirectory, PathBytes.Terminated(Path.GetDirectoryName(hierarchy + cgroupPath)!));
        }
    }

    private static void DeleteFromOtherRuntime(string runRoot, string id, string runtime, string cgroupPath)
    {
        try
        {
            using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            int fd = (int)nothing.DangerousGetHandle();
            using var process = ChildProcess.Spawn(runtime, [runtime, .. OtherRuntime.GlobalOptions(runRoot, runtime, cgroupPath), "delete", "--force", id],
                new SpawnOptions { Descriptors = new Dictionary<int, int> { [0] = fd, [1] = fd, [2] = fd } });
            _ = process.Reap();
        }
        catch (LinuxException)
        {
            // The runtime was uninstalled: what it made is removed below by hand.
        }
    }

    // The run directory may be lost, or nothing was written yet; that is no error.
    private static void RemoveState(string root, string id, List<string>? later)
    {
        string state = Path.Combine(root, id), hidden = Path.Combine(root, "." + id);
        if (later is not null && FileCalls.RenameAt(FileCalls.WorkingDirectory, PathBytes.Terminated(state), FileCalls.WorkingDirectory, PathBytes.Terminated(hidden)) >= 0)
        {
            later.Add(hidden);
            return;
        }
        TreeRemoval.Remove(state);
        // Somebody may have been killed before he came to it.
        TreeRemoval.Remove(hidden);
    }
}
