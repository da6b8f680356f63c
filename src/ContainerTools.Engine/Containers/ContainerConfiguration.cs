using System.Text.Json.Serialization;
using ContainerTools.Engine.Networks;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// What a container is, fully resolved: image defaults and the caller's options are merged, sources of mounts are absolute, the id range is chosen.
/// It is what container.json keeps, and what config.json is built from. It says nothing about a container's state.
/// </summary>
/// <remarks>Properties are settable and lists are never null, so that an absent member reads as its default.</remarks>
public sealed class ContainerConfiguration
{
    /// <summary>Version of this document's format.</summary>
    public int FormatVersion { get; set; } = 1;

    /// <summary>Whether the container is still being made; one whose maker died is garbage.</summary>
    [JsonIgnore]
    internal bool Incomplete { get; set; }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Id { get; set; } = "";

    /// <summary>Unique name.</summary>
    public string Name { get; set; } = "";

    /// <summary>The image as the caller named it.</summary>
    public string Image { get; set; } = "";

    /// <summary>The image's id: its config's digest (<c>sha256:...</c>).</summary>
    public string ImageId { get; set; } = "";

    /// <summary>When the container was created.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Keys of the layers in the layer store, bottom first: what a collector must keep.</summary>
    public List<string> LayerKeys { get; set; } = [];

    /// <summary>Directories of the layers, absolute, bottom first.</summary>
    public List<string> LayerPaths { get; set; } = [];

    /// <summary>A directory with what every container has mounted, absolute, to lie below the layers; null for none.</summary>
    public string? MountPointsPath { get; set; }

    /// <summary>Overlay's upper directory, absolute.</summary>
    public string UpperPath { get; set; } = "";

    /// <summary>Overlay's work directory, absolute.</summary>
    public string WorkPath { get; set; } = "";

    /// <summary>Whether the writable layer need not survive a crash of the host, so that nothing waits for the disk.</summary>
    public bool Volatile { get; set; }

    /// <summary>Command and arguments of PID 1: entrypoint and command together. Never empty.</summary>
    public List<string> Arguments { get; set; } = [];

    /// <summary>Which of <see cref="Arguments"/>, from the first on, are the entrypoint; empty for none, and in records of before it was kept.</summary>
    public List<string> Entrypoint { get; set; } = [];

    /// <summary>Environment, <c>NAME=value</c> each, with PATH, HOSTNAME and the image's own.</summary>
    public List<string> Environment { get; set; } = [];

    /// <summary>Working directory, absolute.</summary>
    public string WorkingDirectory { get; set; } = "/";

    /// <summary>User as <c>name</c>, <c>name:group</c>, <c>uid</c> or <c>uid:gid</c>, still to be looked up inside; empty for root.</summary>
    public string User { get; set; } = "";

    /// <summary>Additional groups, names or numbers, still to be looked up inside.</summary>
    public List<string> Groups { get; set; } = [];

    /// <summary>Host name inside.</summary>
    public string HostName { get; set; } = "";

    /// <summary>Network mode: <c>none</c>, <c>host</c>, <c>container:ID</c>, or the name of the first of <see cref="Networks"/>.</summary>
    public string Network { get; set; } = "none";

    /// <summary>The networks that it is on, the one of the default route first.</summary>
    public List<NetworkSettings> Networks { get; set; } = [];

    /// <summary>Its ports that are published on the host.</summary>
    public List<PortPublication> Ports { get; set; } = [];

    /// <summary>Whether it has a network namespace of its own.</summary>
    [JsonIgnore]
    internal bool OwnsNetwork => Network != "host" && !Network.StartsWith(NetworkChoice.ContainerPrefix, StringComparison.Ordinal);

    /// <summary>The root of run state of the store that it was read from.</summary>
    [JsonIgnore]
    internal string? RunRoot { get; set; }

    /// <summary>The container's ids on the host; null for the host's user namespace.</summary>
    public IdRange? IdRange { get; set; }

    /// <summary>Whether its files are mounted with mapped ids.</summary>
    [JsonIgnore]
    public bool MapsFiles => IdRange is { Shared: false };

    /// <summary>The ids that files of its root have on disk.</summary>
    [JsonIgnore]
    internal (uint User, uint Group) RootOnDisk => IdRange?.RootOnDisk ?? (0, 0);

    /// <summary>Volumes, binds and tmpfs mounts, ordered so that a parent comes before what lies in it. Not the three files below.</summary>
    public List<ContainerMount> Mounts { get; set; } = [];

    /// <summary>Host file mounted at /etc/hosts, absolute; null when a mount of the caller takes its place.</summary>
    public string? HostsPath { get; set; }

    /// <summary>Host file mounted at /etc/hostname, absolute; null when a mount of the caller takes its place.</summary>
    public string? HostNamePath { get; set; }

    /// <summary>Host file mounted at /etc/resolv.conf, absolute; null when a mount of the caller takes its place.</summary>
    public string? ResolvConfPath { get; set; }

    /// <summary>Lines for /etc/hosts beside the standard ones: <c>NAME:ADDRESS</c> each.</summary>
    public List<string> HostEntries { get; set; } = [];

    /// <summary>Name servers for /etc/resolv.conf; empty for the host's.</summary>
    public List<string> Dns { get; set; } = [];

    /// <summary>Search domains for /etc/resolv.conf; empty for the host's.</summary>
    public List<string> DnsSearch { get; set; } = [];

    /// <summary>Resolver options for /etc/resolv.conf; empty for the host's.</summary>
    public List<string> DnsOptions { get; set; } = [];

    /// <summary>Size of /dev/shm in bytes.</summary>
    public long ShmSize { get; set; } = 64L << 20;

    /// <summary>Memory limit in bytes; null for none.</summary>
    public long? Memory { get; set; }

    /// <summary>Limit of memory and swap together in bytes; -1 for unlimited swap; null for the kernel's default.</summary>
    public long? MemorySwap { get; set; }

    /// <summary>Processor time, in processors (1.5 is one and a half); null for no limit.</summary>
    public double? Cpus { get; set; }

    /// <summary>Processors that may be used, such as <c>0-2,4</c>; null for all.</summary>
    public string? CpuSet { get; set; }

    /// <summary>Limit on the number of processes and threads; null for none.</summary>
    public long? PidsLimit { get; set; }

    /// <summary>Resource limits, as <c>nofile=1024:2048</c> (soft:hard).</summary>
    public List<string> Ulimits { get; set; } = [];

    /// <summary>Kernel parameters set inside.</summary>
    public Dictionary<string, string> Sysctl { get; set; } = [];

    /// <summary>Host devices made available, as <c>/dev/x[:/dev/y[:rwm]]</c>.</summary>
    public List<string> Devices { get; set; } = [];

    /// <summary>Whether the root file system is read-only.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>Whether the container has all capabilities and devices, and no masks.</summary>
    public bool Privileged { get; set; }

    /// <summary>Capabilities added to the default ones (<c>NET_ADMIN</c>, <c>CAP_NET_ADMIN</c>, <c>ALL</c>).</summary>
    public List<string> CapabilityAdd { get; set; } = [];

    /// <summary>Capabilities taken from the default ones.</summary>
    public List<string> CapabilityDrop { get; set; } = [];

    /// <summary>The SELinux label of its processes; null where SELinux does not run, or the container is not confined.</summary>
    public string? ProcessLabel { get; set; }

    /// <summary>The SELinux label of its files; null as for <see cref="ProcessLabel"/>.</summary>
    public string? MountLabel { get; set; }

    /// <summary>Security options, as <c>no-new-privileges</c>, <c>seccomp=unconfined</c> or <c>seccomp=FILE</c>.</summary>
    public List<string> SecurityOptions { get; set; } = [];

    /// <summary><c>container:ID</c> for that container's user namespace, with its <see cref="IdRange"/>; null for one of its own, or the host's.</summary>
    public string? UserNamespace { get; set; }

    /// <summary><c>private</c>, <c>host</c> or <c>container:ID</c>.</summary>
    public string PidNamespace { get; set; } = "private";

    /// <summary><c>private</c>, <c>shareable</c>, <c>host</c> or <c>container:ID</c>.</summary>
    public string IpcNamespace { get; set; } = "private";

    /// <summary>Signal that asks the container to stop, such as <c>SIGTERM</c>.</summary>
    public string StopSignal { get; set; } = "SIGTERM";

    /// <summary>How long a stop waits before it kills, in seconds.</summary>
    public double StopTimeout { get; set; } = 10;

    /// <summary>Whether PID 1 is a small program that runs the command, passes signals on and collects orphans.</summary>
    public bool Init { get; set; }

    /// <summary>Whether its standard input can be fed; without, it is empty.</summary>
    public bool Interactive { get; set; }

    /// <summary>Whether its process has a pseudoterminal.</summary>
    public bool Terminal { get; set; }

    /// <summary>How its health is checked; null for not at all.</summary>
    public HealthCheck? HealthCheck { get; set; }

    /// <summary>When the container is started again, as <see cref="ContainerTools.RestartPolicy"/> writes it; null for never.</summary>
    public string? RestartPolicy { get; set; }

    /// <summary>Whether the container is removed when it has ended.</summary>
    public bool AutoRemove { get; set; }

    /// <summary>Another OCI runtime's name or path; null for this product's own.</summary>
    public string? Runtime { get; set; }

    /// <summary>Size at which the log is rotated, in bytes; null for no limit.</summary>
    public long? LogMaxSize { get; set; }

    /// <summary>Number of log files kept, the current one included.</summary>
    public int LogMaxFiles { get; set; } = 1;

    /// <summary>Path of the control group below each hierarchy's mount point, such as <c>/containertools/ID</c>.</summary>
    public string CgroupPath { get; set; } = "";

    /// <summary>Free labels.</summary>
    public Dictionary<string, string> Labels { get; set; } = [];

    /// <summary>Annotations handed to the runtime.</summary>
    public Dictionary<string, string> Annotations { get; set; } = [];
}
