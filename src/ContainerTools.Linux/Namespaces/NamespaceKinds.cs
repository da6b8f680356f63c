namespace ContainerTools.Linux.Namespaces;

/// <summary>Kinds of namespaces, by their CLONE_NEW* flags (namespaces(7)).</summary>
[Flags]
public enum NamespaceKinds : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The clocks that count from the boot. clone(2) knows no such flag, and a process of several threads cannot enter one.</summary>
    Time = 0x00000080,

    /// <summary>Mount points.</summary>
    Mount = 0x00020000,

    /// <summary>The root of the control groups.</summary>
    Cgroup = 0x02000000,

    /// <summary>Host and domain name.</summary>
    Uts = 0x04000000,

    /// <summary>System V IPC and POSIX message queues.</summary>
    Ipc = 0x08000000,

    /// <summary>User and group ids, and the capabilities that go with them.</summary>
    User = 0x10000000,

    /// <summary>Process ids.</summary>
    Pid = 0x20000000,

    /// <summary>Network devices, addresses, ports.</summary>
    Network = 0x40000000,
}
