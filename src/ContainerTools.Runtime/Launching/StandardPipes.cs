using ContainerTools.Linux.Files;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// The pipes that a process gets as its standard streams. Opening /dev/stdout opens the pipe anew, as its owner may: so it becomes the user's whom the process runs as. Images' logs
/// are often links to /dev/stdout and /dev/stderr.
/// </summary>
internal static class StandardPipes
{
    private const uint Unchanged = uint.MaxValue;

    /// <summary>Gives the pipes among a process's standard streams to its user; files, sockets and terminals keep their owners.</summary>
    /// <param name="options">The streams.</param>
    /// <param name="user">The user inside.</param>
    /// <param name="maps">What the user namespace makes of users; empty if it is this process's own.</param>
    public static void Give(LaunchOptions options, uint user, IReadOnlyList<IdMap> maps)
    {
        if ((maps.Count > 0 ? IdMap.ToOutside(maps, user) : user) is not { } outside)
            return;
        foreach (int fd in new[] { options.StandardInput, options.StandardOutput, options.StandardError })
        {
            // Those with a name are somebody's files. An ordinary user may give away nothing, and has no need to.
            if (fd >= 0 && new FileInfo($"/proc/self/fd/{fd}").LinkTarget?.StartsWith("pipe:", StringComparison.Ordinal) == true)
                _ = FileCalls.ChangeOwner(fd, outside, Unchanged);
        }
    }
}
