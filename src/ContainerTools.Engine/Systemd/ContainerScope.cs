using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Systemd;

/// <summary>
/// The scope that a monitor and its container share on a host that systemd runs, so that both outlive the session or the service of the shell: a group of its own for each of the two,
/// in a subtree that systemd has delegated.
/// </summary>
internal static class ContainerScope
{
    private const string Slice = "containertools.slice", Container = "/container", Monitor = "/monitor";

    // A monitor that got ready for a container is in its scope when that is started another way.
    private static string? s_entered;

    /// <summary>Where a new container's control group is to lie, from each hierarchy's root.</summary>
    public static string PathFor(string id) => SystemdManager.IsRunning && FileCalls.EffectiveUserId == 0
        ? $"/{Slice}/containertools-{id}.scope{Container}"
        : "/containertools/" + id;

    /// <summary>Whether a container's group is in a scope, and its monitor beside it.</summary>
    public static bool Contains(string cgroupPath) => cgroupPath.StartsWith($"/{Slice}/", StringComparison.Ordinal);

    /// <summary>Puts a monitor into its container's scope. Where systemd cannot be asked, as in a container that has the host's /run, it stays where it is.</summary>
    public static void Enter(string cgroupPath, int monitor)
    {
        if (!Contains(cgroupPath) || !SystemdManager.IsRunning || s_entered == cgroupPath)
            return;
        string scope = cgroupPath[..^Container.Length];
        string unit = Path.GetFileName(scope);
        try
        {
            using var systemd = SystemdManager.Connect();
            systemd.StartScope(unit, monitor, ScopeProperties.Common("Container " + unit["containertools-".Length..][..12], Slice));
            s_entered = cgroupPath;
            MakeMonitorGroup(scope).Add(monitor);
        }
        catch (ContainerToolsException e) when (e.ErrorId == "SystemdNotAvailable")
        {
        }
    }

    /// <summary>
    /// A group with processes of its own gives its children no controllers, so the monitor leaves the scope's. Nothing is enabled for that: the scope, which has a process still, would
    /// become a threaded domain, whose children take none (cgroups(7)).
    /// </summary>
    private static Cgroup MakeMonitorGroup(string scope)
    {
        if (!CgroupHierarchies.Current.UnifiedControls)
            return Cgroup.Create(scope + Monitor);
        var group = Cgroup.At(scope + Monitor);
        Directory.CreateDirectory(group.UnifiedDirectory!);
        return group;
    }

    /// <summary>Removes what systemd does not, since it has not made it.</summary>
    public static void RemoveEmpty(string cgroupPath)
    {
        if (!Contains(cgroupPath))
            return;
        foreach (string directory in Cgroup.At(cgroupPath[..^Container.Length]).Directories)
        {
            _ = FileCalls.RemoveDirectoryAt(FileCalls.WorkingDirectory, PathBytes.Terminated(directory + Monitor));
            _ = FileCalls.RemoveDirectoryAt(FileCalls.WorkingDirectory, PathBytes.Terminated(directory));
        }
    }
}
