using ContainerTools.Engine.Health;
using ContainerTools.Engine.Networks;
using ContainerTools.Engine.Volumes;

namespace ContainerTools.Engine.Containers;

/// <summary>What the caller asks of a new container. What is null or empty is the image's choice, or the default.</summary>
public sealed class ContainerOptions
{
    /// <summary>Name: letters, digits, <c>_.-</c>, the first a letter or digit; null for a random one.</summary>
    public string? Name { get; set; }

    /// <summary>Takes the place of the image's command; arguments of the entrypoint if there is one.</summary>
    public IReadOnlyList<string>? Command { get; set; }

    /// <summary>Takes the place of the image's entrypoint, and drops the image's command. A single empty string means none.</summary>
    public IReadOnlyList<string>? Entrypoint { get; set; }

    /// <summary>Variables set beside the image's; a null value takes the image's variable away.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; set; } = new Dictionary<string, string?>();

    /// <summary>Working directory inside, absolute.</summary>
    public string? WorkingDirectory { get; set; }

    /// <summary>User, as <c>name</c>, <c>name:group</c>, <c>uid</c> or <c>uid:gid</c>.</summary>
    public string? User { get; set; }

    /// <summary>Additional groups, names or numbers.</summary>
    public IReadOnlyList<string> GroupAdd { get; set; } = [];

    /// <summary>Host name inside; null for the short id, and with the host's network the host's own.</summary>
    public string? HostName { get; set; }

    /// <summary>Volumes and binds.</summary>
    public IReadOnlyList<VolumeMount> Volumes { get; set; } = [];

    /// <summary>File systems in memory: <c>PATH</c> or <c>PATH:OPTION,OPTION</c>, as <c>/run:size=64m,mode=755</c>.</summary>
    public IReadOnlyList<string> TmpFs { get; set; } = [];

    /// <summary>Size of /dev/shm in bytes; null for 64 MiB.</summary>
    public long? ShmSize { get; set; }

    /// <summary><c>none</c>, <c>host</c>, <c>container:NAME</c> or a network's name; null for the default.</summary>
    public string? Network { get; set; }

    /// <summary>Names of further networks, when <see cref="Network"/> is one.</summary>
    public IReadOnlyList<string> FurtherNetworks { get; set; } = [];

    /// <summary>Addresses asked for, each in a range of one of the networks.</summary>
    public IReadOnlyList<string> IPAddresses { get; set; } = [];

    /// <summary>Hardware address on the first network.</summary>
    public string? MacAddress { get; set; }

    /// <summary>Further names by which others on the networks reach it.</summary>
    public IReadOnlyList<string> NetworkAliases { get; set; } = [];

    /// <summary>Ports to be reached by ports of the host.</summary>
    public IReadOnlyList<PortPublication> Publish { get; set; } = [];

    /// <summary>Memory limit in bytes, at least 6 MiB; 0 or -1 for none.</summary>
    public long? Memory { get; set; }

    /// <summary>Limit of memory and swap together in bytes, -1 for unlimited swap, 0 for as much swap as memory. A limit needs <see cref="Memory"/>.</summary>
    public long? MemorySwap { get; set; }

    /// <summary>Processor time in processors, at least 0.01; 0 for no limit.</summary>
    public double? Cpus { get; set; }

    /// <summary>Processors that may be used, as <c>0-2,4</c>.</summary>
    public string? CpuSet { get; set; }

    /// <summary>Limit on processes and threads; 0 or -1 for none.</summary>
    public long? PidsLimit { get; set; }

    /// <summary>Whether the root file system is read-only.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>Whether the container has all capabilities and devices.</summary>
    public bool Privileged { get; set; }

    /// <summary>Capabilities to add.</summary>
    public IReadOnlyList<string> CapabilityAdd { get; set; } = [];

    /// <summary>Capabilities to drop.</summary>
    public IReadOnlyList<string> CapabilityDrop { get; set; } = [];

    /// <summary><c>auto</c> for a private range of ids, <c>host</c> for the host's, <c>keep-id:uid=1000,gid=1000</c> (for an ordinary user also <c>keep-id</c>), or maps as <c>0:100000:65536</c>; null for <c>auto</c>, unless another option implies <c>host</c>.</summary>
    public string? UserNamespace { get; set; }

    /// <summary><c>private</c>, <c>host</c> or <c>container:NAME</c>; null for <c>private</c>.</summary>
    public string? PidNamespace { get; set; }

    /// <summary><c>private</c>, <c>shareable</c>, <c>host</c> or <c>container:NAME</c>; null for <c>private</c>.</summary>
    public string? IpcNamespace { get; set; }

    /// <summary>Security options, as <c>no-new-privileges</c> and <c>seccomp=unconfined</c>.</summary>
    public IReadOnlyList<string> SecurityOptions { get; set; } = [];

    /// <summary>Host devices, as <c>/dev/x[:/dev/y[:rwm]]</c>.</summary>
    public IReadOnlyList<string> Devices { get; set; } = [];

    /// <summary>Resource limits, as <c>nofile=1024:2048</c>.</summary>
    public IReadOnlyList<string> Ulimits { get; set; } = [];

    /// <summary>Kernel parameters.</summary>
    public IReadOnlyDictionary<string, string> Sysctl { get; set; } = new Dictionary<string, string>();

    /// <summary>Lines for /etc/hosts, <c>NAME:ADDRESS</c> each.</summary>
    public IReadOnlyList<string> HostEntries { get; set; } = [];

    /// <summary>Name servers; empty for the host's.</summary>
    public IReadOnlyList<string> Dns { get; set; } = [];

    /// <summary>Search domains; empty for the host's.</summary>
    public IReadOnlyList<string> DnsSearch { get; set; } = [];

    /// <summary>Resolver options; empty for the host's.</summary>
    public IReadOnlyList<string> DnsOptions { get; set; } = [];

    /// <summary>Labels, beside the image's.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();

    /// <summary>Annotations for the runtime.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; set; } = new Dictionary<string, string>();

    /// <summary>Signal that asks it to stop.</summary>
    public string? StopSignal { get; set; }

    /// <summary>How long a stop waits before it kills; null for the image's choice, or ten seconds.</summary>
    public TimeSpan? StopTimeout { get; set; }

    /// <summary>Whether PID 1 is a small program that runs the command, passes signals on and collects orphans.</summary>
    public bool Init { get; set; }

    /// <summary>Whether its standard input can be fed; without, it is empty.</summary>
    public bool Interactive { get; set; }

    /// <summary>Whether its process gets a pseudoterminal.</summary>
    public bool Terminal { get; set; }

    /// <summary>How its health is checked.</summary>
    public HealthCheckOptions HealthCheck { get; set; } = new();

    /// <summary>Whether it is started again when it has ended; null for never.</summary>
    public RestartPolicy? RestartPolicy { get; set; }

    /// <summary>Whether it is removed, with its anonymous volumes, when it has ended.</summary>
    public bool AutoRemove { get; set; }

    /// <summary>Whether its writable layer need not survive a crash of the host, so that nothing in it waits for the disk; so it is also with <see cref="AutoRemove"/>.</summary>
    public bool Volatile { get; set; }

    /// <summary>Size at which the log is rotated, in bytes.</summary>
    public long? LogMaxSize { get; set; }

    /// <summary>Number of log files kept, the current one included; null for one.</summary>
    public int? LogMaxFiles { get; set; }

    /// <summary>Another OCI runtime: <c>runc</c>, <c>crun</c> or a path; null for this product's own.</summary>
    public string? Runtime { get; set; }

    /// <summary>Receives what the user should know though nothing failed, one sentence a call.</summary>
    public Action<string>? Warning { get; set; }

    /// <summary>
    /// Told before a layer is copied with the owners that the container's user namespace needs, which takes a while: its number, from 1, and how many there are to be copied of the image, or
    /// of one that is mounted.
    /// </summary>
    public Action<int, int>? CopyingLayer { get; set; }
}
