using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Health;
using ContainerTools.Engine.Networks;

namespace ContainerTools;

/// <summary>A container as it was when it was looked up.</summary>
public sealed class Container
{
    internal Container(ContainerConfiguration configuration, ContainerStatus status, string directory)
    {
        Configuration = configuration;
        Status = status;
        Directory = directory;
        if (configuration.HealthCheck is not null)
            Health = HealthFiles.Read(directory);
    }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Id => Configuration.Id;

    /// <summary>The first 12 digits of <see cref="Id"/>.</summary>
    public string ShortId => Id.Length > 12 ? Id[..12] : Id;

    /// <summary>Unique name.</summary>
    public string Name => Configuration.Name;

    /// <summary>The image, as it was named when the container was made.</summary>
    public string Image => Configuration.Image;

    /// <summary>The image's id (<c>sha256:...</c>).</summary>
    public string ImageId => Configuration.ImageId;

    /// <summary>Command and arguments of PID 1.</summary>
    public IReadOnlyList<string> Command => Configuration.Arguments;

    /// <summary>Which of <see cref="Command"/>, from the first on, are the entrypoint, the image's or what was given in its place; empty for none.</summary>
    public IReadOnlyList<string> Entrypoint => Configuration.Entrypoint;

    /// <summary>Where it is in its life.</summary>
    public ContainerState State => Status.State;

    /// <summary>What PID 1 returned, 128 plus the signal's number if one ended it; null while it has not ended.</summary>
    public int? ExitCode => Status.ExitCode;

    /// <summary>Why it could not be started or was lost; null if nothing went wrong.</summary>
    public string? Error => Status.Error;

    /// <summary>Whether the kernel ended a process of it for want of memory, in its present run or its last one; while it runs that is known of one with a limit.</summary>
    public bool OutOfMemory => Status.OutOfMemory;

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt => Configuration.CreatedAt;

    /// <summary>When it was last started.</summary>
    public DateTimeOffset? StartedAt => Status.StartedAt;

    /// <summary>When it last ended.</summary>
    public DateTimeOffset? FinishedAt => Status.FinishedAt;

    /// <summary>How long it has run or ran; null if it was never started.</summary>
    public TimeSpan? Uptime => StartedAt is not { } start ? null
        : HasProcess ? DateTimeOffset.UtcNow - start
        : FinishedAt is { } end ? end - start : null;

    /// <summary>Process id of PID 1 on the host, while it runs or is paused.</summary>
    public int? Pid => HasProcess ? Status.Pid : null;

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Labels => Configuration.Labels;

    /// <summary>Annotations.</summary>
    public IReadOnlyDictionary<string, string> Annotations => Configuration.Annotations;

    /// <summary>Volumes, binds and tmpfs mounts.</summary>
    public IReadOnlyList<ContainerMount> Mounts => Configuration.Mounts;

    /// <summary>The SELinux label of its processes; null where SELinux does not run, or does not confine it.</summary>
    public string? ProcessLabel => Configuration.ProcessLabel;

    /// <summary>Network mode: <c>none</c>, <c>host</c>, <c>container:ID</c>, or the name of its first network.</summary>
    public string Network => Configuration.Network;

    /// <summary>The networks that it is on, with its addresses while it runs.</summary>
    public IReadOnlyList<ContainerEndpoint> Networks => _networks ??= ContainerEndpoints.Networks(Configuration, Leases);

    /// <summary>Its published ports: those it has while it runs, otherwise those it asks for.</summary>
    public IReadOnlyList<PortMapping> Ports => _ports ??= ContainerEndpoints.Ports(Configuration, Leases);

    /// <summary>Its first IP address; null while it does not run, or where it has none.</summary>
    public System.Net.IPAddress? IPAddress => HasProcess && Networks.Count > 0 ? Networks[0].IPAddress ?? Networks[0].IPv6Address : null;

    /// <summary>Host name inside.</summary>
    public string HostName => Configuration.HostName;

    /// <summary>User the command runs as, as it was written; empty for root.</summary>
    public string User => Configuration.User;

    /// <summary>Working directory inside.</summary>
    public string WorkingDirectory => Configuration.WorkingDirectory;

    /// <summary>Environment of PID 1.</summary>
    public IReadOnlyDictionary<string, string> Environment => _environment ??= EnvironmentList.ToDictionary(Configuration.Environment);

    /// <summary>Whether its standard input can be fed.</summary>
    public bool Interactive => Configuration.Interactive;

    /// <summary>Whether it has a terminal.</summary>
    public bool Terminal => Configuration.Terminal;

    /// <summary>The runtime that runs it.</summary>
    public string Runtime => Configuration.Runtime ?? "ctrun";

    /// <summary>Memory limit in bytes; null for none.</summary>
    public long? Memory => Configuration.Memory;

    /// <summary>Limit of memory and swap together in bytes, -1 for unlimited; null for the default.</summary>
    public long? MemorySwap => Configuration.MemorySwap;

    /// <summary>Limit in processors; null for none.</summary>
    public double? Cpus => Configuration.Cpus;

    /// <summary>Processors that may be used; null for all.</summary>
    public string? CpuSet => Configuration.CpuSet;

    /// <summary>Limit on the number of processes; null for none.</summary>
    public long? PidsLimit => Configuration.PidsLimit;

    /// <summary>Whether the root file system is read-only.</summary>
    public bool ReadOnly => Configuration.ReadOnly;

    /// <summary>Whether it has all capabilities and devices.</summary>
    public bool Privileged => Configuration.Privileged;

    /// <summary>Further groups of the user, as they were written.</summary>
    public IReadOnlyList<string> GroupAdd => Configuration.Groups;

    /// <summary>Capabilities beside the default ones, as they were written.</summary>
    public IReadOnlyList<string> CapabilityAdd => Configuration.CapabilityAdd;

    /// <summary>Capabilities taken from the default ones, as they were written.</summary>
    public IReadOnlyList<string> CapabilityDrop => Configuration.CapabilityDrop;

    /// <summary>Security options, as <c>no-new-privileges</c> or <c>seccomp=FILE</c>.</summary>
    public IReadOnlyList<string> SecurityOption => Configuration.SecurityOptions;

    /// <summary>Kernel parameters set inside.</summary>
    public IReadOnlyDictionary<string, string> Sysctl => Configuration.Sysctl;

    /// <summary>Resource limits, as <c>nofile=1024:2048</c>.</summary>
    public IReadOnlyList<string> Ulimit => Configuration.Ulimits;

    /// <summary>Devices of the host, as <c>/dev/x:/dev/y:rwm</c>.</summary>
    public IReadOnlyList<string> Device => Configuration.Devices;

    /// <summary>Size of /dev/shm in bytes.</summary>
    public long ShmSize => Configuration.ShmSize;

    /// <summary>Lines for /etc/hosts beside the standard ones: <c>NAME:ADDRESS</c>.</summary>
    public IReadOnlyList<string> HostEntry => Configuration.HostEntries;

    /// <summary>Its name servers; empty for the host's or the network's.</summary>
    public IReadOnlyList<string> Dns => Configuration.Dns;

    /// <summary>Its search domains; empty for the host's.</summary>
    public IReadOnlyList<string> DnsSearch => Configuration.DnsSearch;

    /// <summary>Its resolver options; empty for the host's.</summary>
    public IReadOnlyList<string> DnsOption => Configuration.DnsOptions;

    /// <summary><c>private</c>, <c>host</c> or <c>container:ID</c>.</summary>
    public string PidNamespace => Configuration.PidNamespace;

    /// <summary><c>private</c>, <c>shareable</c>, <c>host</c> or <c>container:ID</c>.</summary>
    public string IpcNamespace => Configuration.IpcNamespace;

    /// <summary>Size at which its log is rotated, in bytes; null for no limit.</summary>
    public long? LogMaxSize => Configuration.LogMaxSize;

    /// <summary>Number of log files that are kept, the current one included.</summary>
    public int LogMaxFiles => Configuration.LogMaxFiles;

    /// <summary><c>host</c>, or the first id on the host and the number of ids (<c>524288+65536</c>), or maps (<c>0:100000:1000,1000:1000:1</c>).</summary>
    public string UserNamespace => Configuration.IdRange?.ToString() ?? "host";

    /// <summary>Signal that asks it to stop.</summary>
    public string StopSignal => Configuration.StopSignal;

    /// <summary>How long a stop waits before it kills.</summary>
    public TimeSpan StopTimeout => TimeSpan.FromSeconds(Configuration.StopTimeout);

    /// <summary>Whether its PID 1 runs the command as a child, passes signals on and collects orphans.</summary>
    public bool Init => Configuration.Init;

    /// <summary>What its health checks have found; null if it has none.</summary>
    public ContainerHealth? Health { get; }

    /// <summary>How its health is checked; null for not at all.</summary>
    public HealthCheck? HealthCheck => Configuration.HealthCheck;

    /// <summary>Whether it is started again when it has ended.</summary>
    public RestartPolicy RestartPolicy => RestartPolicy.TryParse(Configuration.RestartPolicy ?? "") ?? RestartPolicy.No;

    /// <summary>How many times its restart policy has started it since somebody did.</summary>
    public int RestartCount => Status.RestartCount;

    /// <summary>Whether it is removed when it has ended.</summary>
    public bool AutoRemove => Configuration.AutoRemove;

    /// <summary>The log's file: docker's json-file lines.</summary>
    public string LogPath => Path.Combine(Directory, ContainerFiles.Log);

    /// <summary>Its directory in the store.</summary>
    public string Directory { get; }

    /// <summary>Keys of its layers in the layer store, bottom first.</summary>
    public IReadOnlyList<string> LayerKeys => Configuration.LayerKeys;

    internal ContainerConfiguration Configuration { get; }

    internal ContainerStatus Status { get; }

    /// <summary>Whether PID 1 lives, suspended or not.</summary>
    internal bool HasProcess => State is ContainerState.Running or ContainerState.Paused;

    private IReadOnlyList<NetworkLease> Leases => HasProcess && Configuration is { Networks.Count: > 0, RunRoot: { } runRoot } ? LeaseTable.Read(runRoot).Entries.FindAll(l => l.ContainerId == Id) : [];

    private IReadOnlyDictionary<string, string>? _environment;
    private IReadOnlyList<ContainerEndpoint>? _networks;
    private IReadOnlyList<PortMapping>? _ports;

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
