using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Cgroups;

/// <content>Groups whose processes make groups of their own.</content>
public sealed partial class Cgroup
{
    private const uint Unchanged = uint.MaxValue;

    /// <summary>
    /// Lets a user make groups in it and move its processes between them: in version 2, where the limits on the group itself stay the host's (runtime-spec config-linux.md, "Cgroup ownership"), and in a
    /// hierarchy of version 1 that has no controller. Where that is not this process's to give, nothing happens.
    /// </summary>
    /// <param name="user">The user's id, as this process sees it.</param>
    public void Delegate(uint user)
    {
        if (UnifiedDirectory is { } unified)
        {
            // What the kernel names (since 4.15) can be given away without more.
            var files = (KernelFile.TryRead("/sys/kernel/cgroup/delegate") ?? "cgroup.procs\ncgroup.threads\ncgroup.subtree_control").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Give(unified, files, user);
        }
        foreach (var (key, root) in hierarchies.V1)
        {
            if (CgroupHierarchies.IsName(key))
                Give($"{root}/{relative}", ["cgroup.procs", "tasks"], user);
        }
    }

    private static void Give(string directory, string[] files, uint user)
    {
        foreach (var file in files)
            _ = FileCalls.ChangeOwnerAt(FileCalls.WorkingDirectory, PathBytes.Terminated($"{directory}/{file}"), user, Unchanged);
        _ = FileCalls.ChangeOwnerAt(FileCalls.WorkingDirectory, PathBytes.Terminated(directory), user, Unchanged);
    }
}
