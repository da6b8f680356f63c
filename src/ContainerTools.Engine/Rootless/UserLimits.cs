using ContainerTools.Linux.Cgroups;

namespace ContainerTools.Engine.Rootless;

/// <summary>What an ordinary user is told of limits that he cannot have.</summary>
internal static class UserLimits
{
    /// <summary>Limits were asked for, and there is no control group of his to set them in.</summary>
    /// <param name="target">The container.</param>
    /// <param name="obstacle">What systemd said, as a sentence; empty where it was not asked.</param>
    public static ContainerToolsException NotDelegated(string target, string obstacle = "") => new("LimitsNotDelegated", ErrorKind.PermissionDenied,
        "Limits were asked for, but an ordinary user can set them only in a cgroup v2 subtree that is delegated to him: " + (CgroupHierarchies.Current.Unified is null
            ? "cgroup v2 is not mounted on this host."
            : obstacle.Length > 0
                ? obstacle
                : "there is no systemd of his own that could be asked for one (XDG_RUNTIME_DIR names its directory, usually /run/user/UID), and this process is in none. "
                + "Log in by a session of systemd, or have the administrator say 'loginctl enable-linger USER'."), target);
}
