using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;

namespace ContainerTools.Engine.Selinux;

/// <summary>Labels files for containers: the extended attribute <c>security.selinux</c> of a file, or of a directory and all in it. No symbolic link is followed.</summary>
internal static class FileLabels
{
    /// <summary>What the host itself needs with the labels that it has.</summary>
    private static readonly HashSet<string> s_kept = new(StringComparer.Ordinal)
    {
        "/", "/bin", "/boot", "/dev", "/etc", "/etc/passwd", "/etc/shadow", "/etc/pki", "/home", "/lib", "/lib32", "/lib64", "/libx32", "/media", "/mnt", "/opt", "/proc", "/root", "/run",
        "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/local", "/usr/sbin", "/usr/share", "/var", "/var/lib", "/var/log", "/var/run", "/var/tmp",
    };

    /// <summary>Whether a mount's source must keep its labels.</summary>
    public static bool IsKept(string path) =>
        s_kept.Contains(path) || path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/sys/", StringComparison.Ordinal) || path.StartsWith("/dev/", StringComparison.Ordinal)
            || Path.GetDirectoryName(path) == "/home" || path == Environment.GetEnvironmentVariable("HOME");

    /// <summary>Labels what a mount's source is.</summary>
    /// <param name="path">The source, absolute; where it leads counts.</param>
    /// <param name="label">The label.</param>
    /// <exception cref="ContainerToolsException">RelabelRefused: the host needs the labels; RelabelFailed: the file system takes none, ...</exception>
    public static void Set(string path, string label)
    {
        string real = RealPath(path);
        if (IsKept(real))
        {
            throw new ContainerToolsException("RelabelRefused", ErrorKind.InvalidArgument,
                $"'{real}' cannot be labelled for a container: the host's own programs need the labels that it has. Leave :z and :Z out, and let the container go unlabelled with -SecurityOption label=disable.", path);
        }
        try
        {
            // The attribute's value ends with a NUL, as libselinux writes it.
            TreeAttributes.Set(real, "security.selinux\0"u8, Encoding.UTF8.GetBytes(label + '\0'));
        }
        catch (LinuxException e)
        {
            throw ContainerToolsException.FromIO(e, "RelabelFailed", $"'{real}' could not be labelled for the container ({label})", path);
        }
    }

    private static string RealPath(string path)
    {
        using var file = FileCalls.Open(path, OpenFlags.Path);
        return new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget ?? path;
    }
}
