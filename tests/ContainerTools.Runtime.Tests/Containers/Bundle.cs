using ContainerTools.Engine.Specs;
using ContainerTools.Oci.Runtime;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Containers;

/// <summary>A bundle with busybox as its root file system, and a state directory of its own; what runs of it is killed at the end.</summary>
public sealed class Bundle : IDisposable
{
    public const uint FirstId = 700000;

    private static readonly string[] DockerCapabilities =
        ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP",
        "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE"];

    private readonly TemporaryDirectory _directory = new("rt");

    public Bundle(bool userNamespace = true)
    {
        Directory.CreateDirectory(_directory["layer"]);
        BusyboxImage.WriteRootFileSystem(_directory["layer"]);
        Directory.CreateDirectory(_directory["layer/etc"]);
        Directory.CreateDirectory(_directory["layer/tmp"]);
        File.WriteAllText(_directory["layer/etc/passwd"], "root:x:0:0:root:/root:/bin/sh\nbob:x:1000:1001::/home/bob:/bin/sh\n");
        File.WriteAllText(_directory["layer/etc/group"], "root:x:0:\nstaff:x:50:bob\n");
        Directory.CreateDirectory(_directory["upper"]);
        Directory.CreateDirectory(_directory["work"]);
        Id = "t" + Path.GetFileName(_directory.Path);
        Spec = MakeSpec(userNamespace);
    }

    public string Id { get; }

    public RuntimeSpec Spec { get; }

    public string this[string relative] => _directory[relative];

    public CommandResult Ctrun(params IEnumerable<string> arguments) => Ctrun(arguments, null);

    public CommandResult Ctrun(IEnumerable<string> arguments, string? input) =>
        Command.Run(RepositoryPaths.Ctrun, ["--root", _directory["state"], .. arguments], null, input, _directory.Path);

    public void WriteConfig() => File.WriteAllBytes(_directory["config.json"], RuntimeJson.WriteSpec(Spec));

    /// <summary>Runs a shell script in a new container of the bundle.</summary>
    public CommandResult Run(string script)
    {
        Spec.Process!.Args = ["/bin/busybox", "sh", "-c", script];
        WriteConfig();
        return Ctrun("run", "--bundle", _directory.Path, Id);
    }

    public void Create(params List<string> command)
    {
        Spec.Process!.Args = command;
        WriteConfig();
        // The container keeps the streams it is created with, so they must not be the pipes that the test reads to their end.
        Command.Run("/bin/sh", ["-c", "\"$@\" < /dev/null > out 2> err || { cat err; exit 1; }", "sh", RepositoryPaths.Ctrun, "--root", _directory["state"],
            "create", "--bundle", _directory.Path, Id], null, null, _directory.Path).Succeeded();
    }

    public string Status() => System.Text.Json.JsonDocument.Parse(Ctrun("state", Id).Succeeded().Output).RootElement.GetProperty("status").GetString()!;

    public int Pid() => System.Text.Json.JsonDocument.Parse(Ctrun("state", Id).Succeeded().Output).RootElement.GetProperty("pid").GetInt32();

    public static MountSpec Mount(string destination, string type, string source, params List<string> options) =>
        new() { Destination = destination, Type = type, Source = source, Options = options };

    public void Dispose()
    {
        _ = Ctrun("delete", "--force", Id);
        _directory.Dispose();
    }

    private RuntimeSpec MakeSpec(bool userNamespace)
    {
        List<LinuxIdMapping>? maps = userNamespace ? [new() { ContainerID = 0, HostID = FirstId, Size = 65536 }] : null;
        var spec = new RuntimeSpec
        {
            OciVersion = RuntimeJson.SpecVersion,
            Root = new RootSpec { Path = "layer" },
            Hostname = "box",
            Process = new ProcessSpec
            {
                Cwd = "/",
                Env = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
                Capabilities = new CapabilitiesSpec { Bounding = [.. DockerCapabilities], Effective = [.. DockerCapabilities], Permitted = [.. DockerCapabilities] },
            },
            Mounts =
            [
                Mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
                Mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
                Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
                Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
                Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro"),
                Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
                Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
            ],
            Annotations = new()
            {
                [Annotations.Layers] = _directory["layer"],
                [Annotations.Upper] = _directory["upper"],
                [Annotations.Work] = _directory["work"],
                [Annotations.Seccomp] = "default",
            },
            Linux = new LinuxSpec
            {
                UidMappings = maps,
                GidMappings = maps,
                Namespaces = [.. new[] { "mount", "uts", "cgroup", "pid", "ipc", "network" }.Select(type => new LinuxNamespace { Type = type })],
                MaskedPaths = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi", "/proc/nonexistent", "/sys/firmware"],
                ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
                Resources = new LinuxResources { Devices = [new() { Allow = false, Access = "rwm" }], Pids = new() { Limit = 200 }, Memory = new() { Limit = 128 << 20 } },
            },
        };
        if (userNamespace)
        {
            spec.Linux.Namespaces.Add(new LinuxNamespace { Type = "user" });
            spec.Annotations[Annotations.IdMapped] = "true";
        }
        return spec;
    }
}
