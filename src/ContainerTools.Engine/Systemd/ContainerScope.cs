using System.Globalization;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Systemd;

/// <summary>
/// The scope that a monitor and its container share on a host that systemd runs, so that both outlive the session or the service of the shell: a group of its own for each of the two,
/// in a subtree that systemd has delegated.
/// </summary>
internal static class ContainerScope
{
    private const string Slice = "containertools.slice", Prefix = "containertools-", Container = "/container", Monitor = "/monitor";

    // A monitor that got ready for a container is in its scope when that is started another way.
    private static string? s_entered;

    private static string? s_delegated;

    /// <summary>Where a new container's control group is to lie, from each hierarchy's root: in a scope, if there is a systemd that can be asked for one.</summary>
    /// <returns>Null where there is none.</returns>
    public static string? PathFor(string id)
    {
        if (!SystemdManager.IsRunning || (UserSession.IsRootless && Delegated is null))
            return null;
        return $"{(UserSession.IsRootless ? Delegated : null)}/{Slice}/{Prefix}{id}.scope{Container}";
    }

    /// <summary>The group of an ordinary user's systemd, below which he has what is delegated to him; null where there is none that can be asked. It is asked once in a process.</summary>
    public static string? Delegated
    {
        get
        {
            // Only version 2 can be delegated.
            if (s_delegated is not null || !SystemdManager.IsRunning || !CgroupHierarchies.Current.UnifiedControls)
                return s_delegated;
            try
            {
                using var systemd = SystemdManager.Connect();
                return s_delegated = systemd.ControlGroup;
            }
            catch (ContainerToolsException)
            {
                return null;
            }
        }
    }

    /// <summary>Whether a container's group is in a scope, and its monitor beside it.</summary>
    public static bool Contains(string cgroupPath) => cgroupPath.EndsWith(".scope" + Container, StringComparison.Ordinal) && cgroupPath.Contains($"/{Slice}/{Prefix}", StringComparison.Ordinal);

    /// <summary>
    /// Puts a monitor into its container's scope. Where systemd cannot be asked, as in a container that has the host's /run, it stays where it is; and where an ordinary user's does not
    /// take it, since then limits are refused that are asked for, and nothing else is lost.
    /// </summary>
    public static void Enter(string cgroupPath, int monitor)
    {
        if (!Contains(cgroupPath) || !SystemdManager.IsRunning || s_entered == cgroupPath)
            return;
        string scope = cgroupPath[..^Container.Length];
        string unit = Path.GetFileName(scope);
        try
        {
            using var systemd = SystemdManager.Connect();
            systemd.StartScope(unit, monitor, ScopeProperties.Common("Container " + unit[Prefix.Length..][..12], Slice));
            s_entered = cgroupPath;
            MakeMonitorGroup(scope).Add(monitor);
        }
        catch (ContainerToolsException e) when (e.ErrorId == "SystemdNotAvailable" || UserSession.IsRootless)
        {
        }
    }

    /// <summary>Puts the processes that an ordinary user's containers have in common into a scope of their own, away from the shell that has started the first one.</summary>
    /// <param name="holder">The process that holds the namespaces, which gives the scope its name.</param>
    /// <param name="process">The process: the same, which begins the scope, or a later one.</param>
    public static void EnterCommon(int holder, int process)
    {
        if (!SystemdManager.IsRunning || !CgroupHierarchies.Current.UnifiedControls)
            return;
        string unit = string.Create(CultureInfo.InvariantCulture, $"{Prefix}session-{holder}.scope");
        try
        {
            using var systemd = SystemdManager.Connect();
            if (process == holder)
                systemd.StartScope(unit, process, ScopeProperties.Common("Namespaces of containers", Slice));
            else
                systemd.Attach(unit, process);
        }
        catch (ContainerToolsException)
        {
            // It stays with the shell.
        }
    }

    /// <summary>
    /// Puts this process where it may make others in a container's group, into a scope of its own, if that is what keeps it from it: an ordinary user's login session is no part of what is
    /// delegated to his systemd.
    /// </summary>
    /// <param name="cgroupPath">The group.</param>
    /// <returns>Null where it can reach the group then; else why not, as a sentence, which is empty where systemd has nothing to do with it.</returns>
    public static string? Reach(string cgroupPath)
    {
        if (CgroupDelegation.Reaches(cgroupPath))
            return null;
        if (!SystemdManager.IsRunning || !CgroupDelegation.Owns(cgroupPath))
            return "";
        try
        {
            using var systemd = SystemdManager.Connect();
            string unit = string.Create(CultureInfo.InvariantCulture, $"ctrun-{Environment.ProcessId}.scope");
            _ = systemd.StartScope(unit, Environment.ProcessId, ScopeProperties.Common("Runtime of containers", "app.slice"));
        }
        catch (ContainerToolsException e)
        {
            return e.Message;
        }
        return CgroupDelegation.Reaches(cgroupPath) ? null : "";
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
