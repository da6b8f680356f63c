using System.Globalization;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Cgroups;

namespace ContainerTools.Engine.Containers;

/// <summary>Finds an OCI runtime other than this product's own.</summary>
internal static class OtherRuntime
{
    /// <summary>The option of our own <c>exec</c> that has it work out what a command is to have, and leave the rest to another runtime. Its values: the monitor's process, the container's
    /// directory, the runtime's path, how many options stand before each of its commands, and these.</summary>
    public const string ByOption = "--by";

    /// <summary>The runtime's absolute path; null for this product's own.</summary>
    public static string? Resolve(string? name)
    {
        if (string.IsNullOrEmpty(name) || name == "ctrun")
            return null;
        if (name.Contains('/', StringComparison.Ordinal))
        {
            string full = Path.GetFullPath(name);
            return IsExecutable(full) ? full : throw Missing(name, $"'{full}' is no executable file");
        }
        string path = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        foreach (string directory in path.Split(':', StringSplitOptions.RemoveEmptyEntries).Concat(["/usr/local/sbin", "/usr/sbin", "/sbin"]))
        {
            string candidate = Path.Combine(directory, name);
            if (IsExecutable(candidate))
                return candidate;
        }
        throw Missing(name, "there is no such program in PATH");
    }

    /// <summary>What stands before each of its commands.</summary>
    /// <param name="runRoot">The root of run state.</param>
    /// <param name="runtime">The runtime's path.</param>
    /// <param name="cgroupPath">The container's control group.</param>
    public static IReadOnlyList<string> GlobalOptions(string runRoot, string runtime, string cgroupPath)
    {
        string[] root = ["--root", ContainerLeftovers.OtherRuntimeRoot(runRoot, runtime)];
        // They take who runs them for root, which he is in his user namespace only.
        return HasGroup(cgroupPath) ? root : Path.GetFileName(runtime) switch
        {
            "crun" => [.. root, "--cgroup-manager", "disabled"],
            "runc" => [.. root, "--rootless", "true"],
            _ => root,
        };
    }

    /// <summary>What our own <c>exec</c> must be told of a container that another runtime has made.</summary>
    /// <param name="runRoot">The root of run state.</param>
    /// <param name="runtime">The runtime's path.</param>
    /// <param name="cgroupPath">The container's control group.</param>
    /// <param name="directory">The container's directory.</param>
    /// <param name="monitor">The monitor's process.</param>
    public static IReadOnlyList<string> ExecOptions(string runRoot, string runtime, string cgroupPath, string directory, int monitor)
    {
        var options = GlobalOptions(runRoot, runtime, cgroupPath);
        return [ByOption, monitor.ToString(CultureInfo.InvariantCulture), directory, runtime, options.Count.ToString(CultureInfo.InvariantCulture), .. options];
    }

    /// <summary>Whether a container can have a control group: not where nothing is delegated to an ordinary user.</summary>
    public static bool HasGroup(string cgroupPath) => !UserSession.IsRootless || (CgroupHierarchies.Current.UnifiedControls && CgroupDelegation.Owns(cgroupPath));

    private static bool IsExecutable(string path) =>
        File.Exists(path) && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    private static ContainerToolsException Missing(string name, string why) =>
        new("RuntimeNotFound", ErrorKind.NotFound, $"The runtime '{name}' was not found: {why}. Install it, or leave -Runtime out to use the built-in one.", name);
}
