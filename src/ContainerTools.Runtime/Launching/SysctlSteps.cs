using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Launching;

/// <summary>The steps that set kernel parameters. Only those that a namespace of the container's own has are: any other is the host's too.</summary>
internal static class SysctlSteps
{
    private static readonly string[] IpcParameters =
        ["kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax", "kernel/shmmni", "kernel/shm_rmid_forced"];

    /// <summary>Adds them, while /proc is the host's.</summary>
    public static void Add(CallTable table, Dictionary<string, string>? sysctls, NamespacePlan namespaces)
    {
        const int WriteOnly = 1;
        foreach (var (name, value) in sysctls ?? [])
        {
            // A name has dots or slashes between its parts; with slashes, dots belong to the parts (sysctl(8)).
            var path = ChildSteps.Relative(name.Contains('/', StringComparison.Ordinal) ? name : name.Replace('.', '/'));
            if (path.Split('/').Contains(".."))
                throw Refused(name, "a name has no '..' in it");
            Check(name, path, namespaces);
            var file = table.Add("open", "/proc/sys/" + path, SystemCalls.Openat, ChildSteps.CurrentDirectory, table.Text("/proc/sys/" + path), WriteOnly, 0)
                .OnError(errno => Failed(name, value, errno));
            var bytes = System.Text.Encoding.UTF8.GetBytes(value);
            table.Add("write", "/proc/sys/" + path, SystemCalls.Write, file, table.Bytes(bytes), bytes.Length).OnError(errno => Failed(name, value, errno));
        }
    }

    private static void Check(string name, string path, NamespacePlan namespaces)
    {
        var (kind, what) = path switch
        {
            _ when path.StartsWith("net/", StringComparison.Ordinal) => (NamespaceKinds.Network, "network"),
            _ when path.StartsWith("fs/mqueue/", StringComparison.Ordinal) || IpcParameters.Contains(path) => (NamespaceKinds.Ipc, "IPC"),
            "kernel/hostname" or "kernel/domainname" => (NamespaceKinds.Uts, "UTS"),
            _ when path.StartsWith("user/", StringComparison.Ordinal) => (NamespaceKinds.User, "user"),
            _ => (NamespaceKinds.None, ""),
        };
        if (kind == NamespaceKinds.None)
            throw Refused(name, "it belongs to no namespace, so that it would change the host");
        if (!namespaces.Has(kind))
            throw Refused(name, $"the container has no {what} namespace of its own, so that it would change the host");
    }

    private static ContainerToolsException Refused(string name, string reason) =>
        new("SysctlNotAllowed", ErrorKind.InvalidArgument, $"The kernel parameter '{name}' cannot be set for the container: {reason}.", name);

    private static ContainerToolsException Failed(string name, string value, int errno) => new("SysctlFailed", ErrorKind.InvalidArgument,
        $"The kernel parameter '{name}' cannot be set to '{value}' in the container: {LinuxException.Describe(errno)}.", name);
}
