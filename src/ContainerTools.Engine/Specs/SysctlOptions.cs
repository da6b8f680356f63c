using ContainerTools.Engine.Containers;

namespace ContainerTools.Engine.Specs;

/// <summary>Kernel parameters of a container: only those that belong to one of its own namespaces.</summary>
public static class SysctlOptions
{
    private static readonly string[] s_ipc = ["kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"];

    /// <summary>Checks the parameters and adds that ports below 1024 need no privilege, the ports being the container's own.</summary>
    /// <exception cref="ContainerToolsException">SysctlNotAllowed: the parameter belongs to the whole machine, or to a namespace shared with the host.</exception>
    public static Dictionary<string, string>? Build(ContainerConfiguration configuration)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        bool ownNetwork = configuration.OwnsNetwork;
        if (ownNetwork)
            result["net.ipv4.ip_unprivileged_port_start"] = "0";
        foreach ((string written, string value) in configuration.Sysctl)
        {
            string name = written.Replace('/', '.');
            bool network = name.StartsWith("net.", StringComparison.Ordinal);
            bool ipc = s_ipc.Contains(name) || name.StartsWith("fs.mqueue.", StringComparison.Ordinal);
            string? reason = (network, ipc) switch
            {
                (true, _) when !ownNetwork => "it would change the network of the host or of another container, which the container shares",
                (_, true) when configuration.IpcNamespace == "host" => "it would change the host's IPC namespace, which the container shares",
                (false, false) => "it belongs to the whole machine and not to a namespace; net.*, fs.mqueue.* and the kernel.sem, .shm* and .msg* can be set",
                _ => null,
            };
            if (reason is not null || name.Contains("..", StringComparison.Ordinal))
                throw new ContainerToolsException("SysctlNotAllowed", ErrorKind.InvalidArgument, $"The kernel parameter '{written}' cannot be set: {reason ?? "it is no name"}.", written);
            result[name] = value;
        }
        return result.Count > 0 ? result : null;
    }
}
