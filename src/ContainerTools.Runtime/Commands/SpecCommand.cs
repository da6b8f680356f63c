using System.Text.Json;
using ContainerTools.Engine.Specs;
using ContainerTools.Linux.Files;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>spec [--bundle DIR] [--rootless]</c>: writes a config.json to begin with: a shell on a read-only root with the usual file systems.</summary>
internal static class SpecCommand
{
    private static readonly JsonSerializerOptions Indented = new(RuntimeJsonContext.Default.Options) { WriteIndented = true, IndentSize = 4 };

    public static int Run(ArgumentReader arguments)
    {
        var (directory, rootless) = (Directory.GetCurrentDirectory(), false);
        while (arguments.NextOption() is { } name)
        {
            if (name is "--bundle" or "-b")
                directory = Path.GetFullPath(arguments.Value());
            else
                rootless = name == "--rootless" ? arguments.Switch() : throw arguments.Unknown("spec");
        }
        arguments.End();
        var path = Path.Combine(directory, "config.json");
        if (File.Exists(path))
            throw new CommandException($"'{path}' exists already: remove it first.");
        var json = JsonSerializer.SerializeToUtf8Bytes(Build(rootless), new RuntimeJsonContext(Indented).RuntimeSpec);
        using var file = new FileStream(path, FileMode.CreateNew);
        file.Write(json);
        file.Write("\n"u8);
        return 0;
    }

    private static RuntimeSpec Build(bool rootless)
    {
        List<string> capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];
        string[] namespaces = ["pid", "network", "ipc", "uts", "mount", "cgroup"];
        return new RuntimeSpec
        {
            OciVersion = RuntimeJson.SpecVersion,
            Process = new ProcessSpec
            {
                Terminal = true,
                Args = ["sh"],
                Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
                Cwd = "/",
                Capabilities = new CapabilitiesSpec { Bounding = [.. capabilities], Effective = [.. capabilities], Permitted = [.. capabilities] },
                Rlimits = [new RlimitSpec { Type = "RLIMIT_NOFILE", Hard = 1024, Soft = 1024 }],
                NoNewPrivileges = true,
            },
            Root = new RootSpec { Path = "rootfs", Readonly = true },
            Hostname = "ctrun",
            Mounts = Mounts(rootless),
            Linux = new LinuxSpec
            {
                UidMappings = rootless ? [new LinuxIdMapping { HostID = FileCalls.EffectiveUserId, Size = 1 }] : null,
                GidMappings = rootless ? [new LinuxIdMapping { HostID = FileCalls.EffectiveGroupId, Size = 1 }] : null,
                Namespaces = [.. namespaces.Where(type => !rootless || type != "network").Select(type => new LinuxNamespace { Type = type }), .. rootless ? new[] { new LinuxNamespace { Type = "user" } } : []],
                Resources = rootless ? null : new LinuxResources { Devices = [new LinuxDeviceRule { Allow = false, Access = "rwm" }] },
                MaskedPaths = [.. DefaultPaths.Masked],
                ReadonlyPaths = [.. DefaultPaths.ReadOnly],
            },
        };
    }

    private static List<MountSpec> Mounts(bool rootless)
    {
        static MountSpec Mount(string destination, string type, string source, params List<string> options) =>
            new() { Destination = destination, Type = type, Source = source, Options = options.Count > 0 ? options : null };
        return
        [
            Mount("/proc", "proc", "proc"),
            Mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
            rootless ? Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620")
                : Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
            Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
            Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
            // A user namespace may mount sysfs only with a network namespace of its own.
            rootless ? Mount("/sys", "bind", "/sys", "rbind", "nosuid", "noexec", "nodev", "ro", "rro") : Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
            .. rootless ? [] : new[] { Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro") },
        ];
    }
}
