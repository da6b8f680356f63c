using System.Globalization;
using System.Text;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Namespaces;

/// <summary>Namespaces by their files under /proc (namespaces(7), setns(2)).</summary>
public static class NamespaceFile
{
    private const int ReadOnlyCloseOnExec = 0x80000;

    /// <summary>The kinds and their names under /proc/PID/ns.</summary>
    public static IReadOnlyList<(NamespaceKinds Kind, string Name)> Names { get; } =
    [
        (NamespaceKinds.User, "user"), (NamespaceKinds.Mount, "mnt"), (NamespaceKinds.Pid, "pid"), (NamespaceKinds.Network, "net"),
        (NamespaceKinds.Ipc, "ipc"), (NamespaceKinds.Uts, "uts"), (NamespaceKinds.Cgroup, "cgroup"), (NamespaceKinds.Time, "time"),
    ];

    /// <summary>Opens a namespace.</summary>
    /// <param name="path">Its file, for example <c>/proc/1/ns/net</c> or a bind mount of that.</param>
    public static SafeFileHandle Open(string path)
    {
        var fd = NativeMethods.Open(path, ReadOnlyCloseOnExec, 0);
        return fd < 0 ? throw LinuxException.Last("open", path) : new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <summary>Opens a namespace of a process.</summary>
    public static SafeFileHandle Open(int pid, NamespaceKinds kind) =>
        Open($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/ns/{Names.First(name => name.Kind == kind).Name}");

    /// <summary>The kinds in which a process is not in the same namespace as this one.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="known">Those of which that is known; they are not looked at.</param>
    /// <exception cref="LinuxException">It is gone.</exception>
    public static NamespaceKinds DifferencesTo(int pid, NamespaceKinds known = NamespaceKinds.None)
    {
        var different = known;
        // As handles only: to list another user's is not an ordinary user's to do, while the links in it are, if the process is in a namespace of his.
        using var ours = FileCalls.Open("/proc/self/ns", OpenFlags.Path | OpenFlags.Directory);
        using var theirs = FileCalls.Open($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/ns", OpenFlags.Path | OpenFlags.Directory);
        // The link's text, for example net:[4026531840], names the namespace.
        Span<byte> own = stackalloc byte[64], other = stackalloc byte[64], path = stackalloc byte[16];
        foreach (var (kind, name) in Names)
        {
            if ((known & kind) != 0)
                continue;
            path.Clear();
            _ = Encoding.ASCII.GetBytes(name, path);
            var length = FileCalls.ReadLinkAt((int)ours.DangerousGetHandle(), path, own);
            // Linux before 5.6, or built without, has no time namespaces.
            if (length < 0)
                continue;
            var otherLength = LinuxException.ThrowIfFailed(FileCalls.ReadLinkAt((int)theirs.DangerousGetHandle(), path, other), "readlink", name);
            if (!own[..length].SequenceEqual(other[..otherLength]))
                different |= kind;
        }
        return different;
    }

    /// <summary>Moves the calling thread into a namespace.</summary>
    /// <param name="namespaceFile">The namespace.</param>
    /// <param name="kind">Its kind; it is checked.</param>
    public static void Enter(SafeFileHandle namespaceFile, NamespaceKinds kind)
    {
        if (NativeMethods.Syscall(SystemCalls.Setns, namespaceFile.DangerousGetHandle(), (long)kind) < 0)
            throw LinuxException.Last("setns", kind.ToString());
    }
}
