using System.Collections;
using System.Management.Automation;
using ContainerTools.Binding;

namespace ContainerTools;

public abstract partial class ContainerCreationCommand
{
    /// <summary>The container's name; a random one by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Takes the place of the image's entrypoint, and drops the image's command. An empty string means none.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    [WordsTransformation]
    public string[]? Entrypoint { get; set; }

    /// <summary>Variables, as a hashtable or NAME=VALUE. A null value takes the image's variable away.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Env")]
    [NameValueTransformation]
    public Hashtable? Environment { get; set; }

    /// <summary>Files with NAME=VALUE lines. What -Environment says goes before them.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[] EnvironmentFile { get; set; } = [];

    /// <summary>The directory inside that the command starts in.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>The user inside: name, name:group, uid or uid:gid.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? User { get; set; }

    /// <summary>Further groups of the user: names or numbers.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[] GroupAdd { get; set; } = [];

    /// <summary>The host name inside; the container's short id by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? HostName { get; set; }

    /// <summary>VOLUME:PATH[:ro], /HOST/PATH:PATH[:ro], or PATH for an anonymous volume.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string[] Volume { get; set; } = [];

    /// <summary>Mounts in Docker's long form: type=bind,source=/x,target=/y,readonly; types are bind, volume, tmpfs and image.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[] Mount { get; set; } = [];

    /// <summary>File systems in memory: PATH or PATH:size=64m,mode=755.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[] TmpFs { get; set; } = [];

    /// <summary>Size of /dev/shm, as 64MB or 64m.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation]
    public long? ShmSize { get; set; }

    /// <summary>Networks, objects or names; or host, the host's; none, with loopback only; container:NAME, another container's. The network bridge by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NetworkTransformation]
    [ArgumentCompleter(typeof(NetworkCompleter))]
    public NetworkArgument[] Network { get; set; } = [];

    /// <summary>Ports to be reached from outside: [ADDRESS:][HOSTPORT:]PORT[/tcp|udp|sctp], also ranges. Without HOSTPORT a free one is chosen.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Publish { get; set; } = [];

    /// <summary>The container's IP address, in a range of one of its networks; one of a family and network.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] IPAddress { get; set; } = [];

    /// <summary>The container's hardware address on its first network.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? MacAddress { get; set; }

    /// <summary>Further names by which others on its networks reach the container.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] NetworkAlias { get; set; } = [];

    /// <summary>Addresses of name servers for /etc/resolv.conf; the host's by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[] Dns { get; set; } = [];

    /// <summary>Search domains for /etc/resolv.conf.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[] DnsSearch { get; set; } = [];

    /// <summary>Options for /etc/resolv.conf.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[] DnsOption { get; set; } = [];

    /// <summary>Lines for /etc/hosts: NAME:ADDRESS.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[] HostEntry { get; set; } = [];

    /// <summary>Limit of memory, as 512MB or 512m; 0 for none.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation]
    public long? Memory { get; set; }

    /// <summary>Limit of memory and swap together; -1 for no limit of swap, 0 for as much swap as memory.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation]
    public long? MemorySwap { get; set; }

    /// <summary>Processor time, in processors: 1.5; 0 for no limit.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public double? Cpus { get; set; }

    /// <summary>The processors to run on: 0-2,4.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [CommaTextTransformation]
    public string? CpuSet { get; set; }

    /// <summary>Limit on the number of processes and threads; 0 for none.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public long? PidsLimit { get; set; }

    /// <summary>Makes the root file system read-only.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>Gives all capabilities and devices, and the host's user namespace unless -UserNamespace says otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter Privileged { get; set; }

    /// <summary>Capabilities to add: NET_ADMIN, ALL.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(CapabilityCompleter))]
    public string[] CapabilityAdd { get; set; } = [];

    /// <summary>Capabilities to drop: CHOWN, ALL.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(CapabilityCompleter))]
    public string[] CapabilityDrop { get; set; } = [];

    /// <summary>
    /// auto, a private range of ids (the default); host; keep-id:uid=1000,gid=1000, a private range in which that user is the host's of the same number; container:NAME, that container's ids; or a map
    /// INSIDE:OUTSIDE:COUNT with the host's ids outside, with commas between its parts, and a second one for groups behind a semicolon, then in quotes. An ordinary user's containers share all of his ids, he himself being root
    /// inside; with keep-id he has his own id inside, or the one that uid and gid say, and maps can name his own id and those of his ranges in /etc/subuid and /etc/subgid.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [CommaTextTransformation]
    [ArgumentCompleter(typeof(UserNamespaceCompleter))]
    public string? UserNamespace { get; set; }

    /// <summary>private (the default), host, or container:NAME for that container's processes.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? PidNamespace { get; set; }

    /// <summary>private (the default), shareable, host, or container:NAME for that of a container that was made with shareable; /dev/shm is shared with it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? IpcNamespace { get; set; }

    /// <summary>no-new-privileges, seccomp=unconfined, seccomp=default, seccomp=FILE, systempaths=unconfined, apparmor=unconfined, apparmor=PROFILE, label=disable.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(SecurityOptionCompleter))]
    public string[] SecurityOption { get; set; } = [];

    /// <summary>Host devices: /dev/x, /dev/x:/dev/y, /dev/x:/dev/y:rwm.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[] Device { get; set; } = [];

    /// <summary>Kernel parameters of the container's namespaces, as a hashtable or NAME=VALUE.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameValueTransformation]
    public Hashtable? Sysctl { get; set; }

    /// <summary>Resource limits: nofile=1024:2048.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(UlimitCompleter))]
    public string[] Ulimit { get; set; } = [];

    /// <summary>Labels, as a hashtable or NAME=VALUE.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameValueTransformation]
    public Hashtable? Label { get; set; }

    /// <summary>Annotations for the runtime, as a hashtable or NAME=VALUE.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameValueTransformation]
    public Hashtable? Annotation { get; set; }

    /// <summary>Lets the container's standard input be fed; without, it is empty.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter Interactive { get; set; }

    /// <summary>Gives the container a terminal. What it shows is in the log.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Tty")]
    public SwitchParameter Terminal { get; set; }

    /// <summary>Makes PID 1 a small program that runs the command as its child, passes signals on to it, and collects orphaned processes.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter Init { get; set; }

    /// <summary>The signal that asks the container to stop; the image's choice or SIGTERM by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public string? StopSignal { get; set; }

    /// <summary>How long a stop waits before it kills: seconds, a TimeSpan or text such as 90s; ten seconds by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [DurationTransformation]
    public TimeSpan? StopTimeout { get; set; }

    /// <summary>Size at which the log is rotated, as 10MB or 10m.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation]
    public long? LogMaxSize { get; set; }

    /// <summary>How many log files are kept, the current one included.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, 1000)]
    public int? LogMaxFiles { get; set; }

    /// <summary>The platform that the image must be for, as linux/arm64; an image for another one is an error.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    /// <summary>Another OCI runtime: runc, crun or a path. By default ctrun, the module's own.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RuntimeCompleter))]
    public string? Runtime { get; set; }
}
