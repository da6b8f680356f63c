using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Specs;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Tests.Specs;

public class SpecBuilderTests
{
    [Fact]
    public void Defaults_are_dockers_with_namespaces_of_its_own()
    {
        RuntimeSpec spec = Build();
        Assert.Equal(["cgroup", "ipc", "mount", "network", "pid", "user", "uts"], spec.Linux!.Namespaces!.Select(n => n.Type).Order(StringComparer.Ordinal));
        Assert.Equal(14, spec.Process!.Capabilities!.Bounding!.Count);
        Assert.Equal(spec.Process.Capabilities.Bounding, spec.Process.Capabilities.Effective);
        Assert.Null(spec.Process.Capabilities.Inheritable);
        Assert.Null(spec.Process.Capabilities.Ambient);
        Assert.False(spec.Process.NoNewPrivileges);
        Assert.Contains("/proc/kcore", spec.Linux.MaskedPaths!);
        Assert.Contains("/proc/sys", spec.Linux.ReadonlyPaths!);
        Assert.Equal("default", spec.Annotations![Annotations.Seccomp]);
        Assert.Equal("true", spec.Annotations[Annotations.IdMapped]);
        Assert.Equal("/top\n/bottom", spec.Annotations[Annotations.Layers]);
        Assert.Equal("0", spec.Annotations[Annotations.User]);
        LinuxIdMapping map = Assert.Single(spec.Linux.UidMappings!);
        Assert.Equal((0u, 524288u, 65536u), (map.ContainerID, map.HostID, map.Size));
        Assert.Equal("/containertools/abc", spec.Linux.CgroupsPath);
        Assert.Equal(["/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/shm"], spec.Mounts!.Select(m => m.Destination));
        Assert.Contains("ro", spec.Mounts!.Single(m => m.Destination == "/sys").Options!);
        Assert.Contains("size=67108864", spec.Mounts!.Single(m => m.Destination == "/dev/shm").Options!);
    }

    [Fact]
    public void Host_network_in_a_user_namespace_binds_sysfs()
    {
        RuntimeSpec spec = Build(c => c.Network = "host");
        Assert.DoesNotContain(spec.Linux!.Namespaces!, n => n.Type == "network");
        Assert.Equal("bind", spec.Mounts!.Single(m => m.Destination == "/sys").Type);
        Assert.Null(spec.Linux.Sysctl);
        Assert.Equal("sysfs", Build(c => (c.Network, c.IdRange) = ("host", null)).Mounts!.Single(m => m.Destination == "/sys").Type);
    }

    [Fact]
    public void Privileged_has_everything()
    {
        RuntimeSpec spec = Build(c => (c.Privileged, c.IdRange) = (true, null));
        Assert.Equal(int.Parse(File.ReadAllText("/proc/sys/kernel/cap_last_cap"), null) + 1, spec.Process!.Capabilities!.Bounding!.Count);
        Assert.Null(spec.Linux!.MaskedPaths);
        Assert.Null(spec.Linux.ReadonlyPaths);
        Assert.False(spec.Annotations!.ContainsKey(Annotations.Seccomp));
        Assert.Null(spec.Linux.Seccomp);
        Assert.Contains("rw", spec.Mounts!.Single(m => m.Destination == "/sys").Options!);
        Assert.Contains(spec.Linux.Devices!, d => d.Path == "/dev/kmsg");
        Assert.DoesNotContain(spec.Linux.Devices!, d => d.Path.StartsWith("/dev/pts/", StringComparison.Ordinal) || d.Path == "/dev/ptmx");
        Assert.True(Assert.Single(spec.Linux.Resources!.Devices!).Allow);
        Assert.DoesNotContain(spec.Linux.Namespaces!, n => n.Type == "user");
    }

    [Fact]
    public void Mounts_are_mapped_and_take_the_place_of_usual_ones()
    {
        RuntimeSpec spec = Build(c =>
        {
            c.HostsPath = "/s/hosts";
            c.Mounts =
            [
                new() { Kind = ContainerMountKind.Volume, Source = "/v", Destination = "/data/" },
                new() { Kind = ContainerMountKind.Bind, Source = "/b", Destination = "/dev/shm", ReadOnly = true, Options = ["rslave", "noexec"] },
                new() { Kind = ContainerMountKind.TmpFs, Destination = "/run", Options = ["exec", "size=1m"] },
            ];
        });
        Assert.Equal(["rbind", "rprivate", "ridmap"], spec.Mounts!.Single(m => m.Destination == "/data").Options);
        Assert.Contains("ridmap", spec.Mounts!.Single(m => m.Destination == "/etc/hosts").Options!);
        MountSpec shm = spec.Mounts!.Single(m => m.Destination == "/dev/shm");
        Assert.Equal("/b", shm.Source);
        Assert.Equal(["rbind", "rslave", "noexec", "ro", "rro", "ridmap"], shm.Options);
        Assert.Equal(["exec", "size=1m", "nosuid", "nodev"], spec.Mounts!.Single(m => m.Destination == "/run").Options);
        Assert.Equal("rslave", spec.Linux!.RootfsPropagation);
        Assert.DoesNotContain("ridmap", Build(c => (c.IdRange, c.HostsPath) = (null, "/s/hosts")).Mounts![^1].Options!);
    }

    [Fact]
    public void A_mount_on_dev_replaces_all_of_it()
    {
        RuntimeSpec spec = Build(c => c.Mounts = [new() { Source = "/d", Destination = "/dev" }]);
        Assert.Equal(["/proc", "/sys", "/sys/fs/cgroup", "/dev"], spec.Mounts!.Select(m => m.Destination));
    }

    [Fact]
    public void Limits_are_in_the_specifications_units()
    {
        LinuxResources resources = Build(c => (c.Memory, c.Cpus, c.CpuSet, c.PidsLimit) = (64 << 20, 0.5, "0", 20)).Linux!.Resources!;
        Assert.Equal((64L << 20, 128L << 20), (resources.Memory!.Limit, resources.Memory.Swap));
        Assert.Equal((50_000L, 100_000UL, "0"), (resources.Cpu!.Quota, resources.Cpu.Period, resources.Cpu.Cpus));
        Assert.Equal(20, resources.Pids!.Limit);
        Assert.Null(Build(c => c.Memory = 64 << 20, new SpecInputs { CanLimitSwap = false }).Linux!.Resources!.Memory!.Swap);
        Assert.Equal(-1, Build(c => (c.Memory, c.MemorySwap) = (64 << 20, -1)).Linux!.Resources!.Memory!.Swap);
    }

    [Fact]
    public void Limits_users_and_options_reach_the_process()
    {
        ProcessSpec process = Build(c =>
        {
            c.User = "1000:100";
            c.Ulimits = ["nofile=1024:2048", "core=unlimited"];
            c.SecurityOptions = ["no-new-privileges"];
            (c.CapabilityAdd, c.CapabilityDrop) = (["net_admin"], ["CAP_CHOWN"]);
        }).Process!;
        Assert.Equal((1000u, 100u), (process.User.Uid, process.User.Gid));
        Assert.Equal([("RLIMIT_NOFILE", 1024UL, 2048UL), ("RLIMIT_CORE", ulong.MaxValue, ulong.MaxValue)], process.Rlimits!.Select(r => (r.Type, r.Soft, r.Hard)));
        Assert.True(process.NoNewPrivileges);
        Assert.Contains("CAP_NET_ADMIN", process.Capabilities!.Bounding!);
        Assert.DoesNotContain("CAP_CHOWN", process.Capabilities.Bounding!);
    }

    [Fact]
    public void Devices_become_nodes_and_rules()
    {
        RuntimeSpec spec = Build(c => c.Devices = ["/dev/fuse:/dev/f:rw", "/dev/null"]);
        LinuxDevice fuse = spec.Linux!.Devices!.Single(d => d.Path == "/dev/f");
        Assert.Equal(("c", 10L, 229L), (fuse.Type, fuse.Major, fuse.Minor));
        LinuxDeviceRule rule = spec.Linux.Resources!.Devices!.Single(r => r.Major == 10);
        Assert.Equal((true, "rw"), (rule.Allow, rule.Access));
        Assert.False(spec.Linux.Resources.Devices![0].Allow);
    }

    [Fact]
    public void Another_runtime_gets_the_list_itself()
    {
        RuntimeSpec spec = Build(null, new SpecInputs { ForOtherRuntime = true, RootPath = "/run/x/rootfs" });
        Assert.False(spec.Annotations!.ContainsKey(Annotations.Seccomp));
        Assert.Equal("SCMP_ACT_ERRNO", spec.Linux!.Seccomp!.DefaultAction);
        Assert.Contains(spec.Linux.Seccomp.Syscalls!, rule => rule.Names.Contains("openat2"));
        Assert.Equal("/run/x/rootfs", spec.Root!.Path);
        Assert.Equal("1.0.2", spec.OciVersion);
    }

    [Fact]
    public void An_AppArmor_profile_is_the_process_s()
    {
        Assert.Null(Build(null).Process!.ApparmorProfile);
        Assert.Equal("mine", Build(c => c.SecurityOptions = ["apparmor=mine"]).Process!.ApparmorProfile);
        Assert.Null(Build(c => c.SecurityOptions = ["apparmor=mine", "apparmor=unconfined"]).Process!.ApparmorProfile);
    }

    [Theory]
    [InlineData("CapabilityUnknown", "cap", "FLY")]
    [InlineData("SecurityOptionInvalid", "sec", "seccomp=")]
    [InlineData("SecurityOptionInvalid", "sec", "apparmor=")]
    [InlineData("SeccompProfileNotFound", "sec", "seccomp=/nowhere/x.json")]
    [InlineData("UlimitInvalid", "ulimit", "nofiles=3")]
    [InlineData("UlimitInvalid", "ulimit", "nofile=5:3")]
    [InlineData("UlimitInvalid", "ulimit", "nofile=a")]
    [InlineData("UlimitInvalid", "ulimit", "nofile")]
    [InlineData("SysctlNotAllowed", "sysctl", "kernel.panic")]
    [InlineData("SysctlNotAllowed", "sysctl", "net...core")]
    [InlineData("DeviceNotFound", "device", "/dev/no-such")]
    [InlineData("DeviceNotFound", "device", "/etc/passwd")]
    [InlineData("DeviceInvalid", "device", "null")]
    [InlineData("DeviceInvalid", "device", "/dev/null:/dev/x:rwx")]
    [InlineData("LimitInvalid", "cpus", "0.001")]
    [InlineData("LimitInvalid", "cpus", "100000")]
    [InlineData("LimitInvalid", "cpus", "NaN")]
    [InlineData("LimitInvalid", "memory", "1000")]
    public void Wrong_options_have_errors_of_their_own(string errorId, string what, string value)
    {
        var error = Assert.Throws<ContainerToolsException>(() => Build(c =>
        {
            switch (what)
            {
                case "cap": c.CapabilityAdd = [value]; break;
                case "sec": c.SecurityOptions = [value]; break;
                case "ulimit": c.Ulimits = [value]; break;
                case "sysctl": c.Sysctl[value] = "1"; break;
                case "device": c.Devices = [value]; break;
                case "cpus": c.Cpus = double.Parse(value, null); break;
                default: c.Memory = long.Parse(value, null); break;
            }
        }));
        Assert.Equal(errorId, error.ErrorId);
    }

    [Fact]
    public void The_document_survives_writing_and_reading()
    {
        RuntimeSpec spec = Build(null, new SpecInputs { ForOtherRuntime = true });
        byte[] once = RuntimeJson.WriteSpec(spec);
        Assert.Equal(once, RuntimeJson.WriteSpec(RuntimeJson.ReadSpec(once)));
    }

    private static RuntimeSpec Build(Action<ContainerConfiguration>? change = null, SpecInputs? inputs = null)
    {
        var configuration = new ContainerConfiguration
        {
            Id = "abc",
            HostName = "h",
            Arguments = ["true"],
            LayerPaths = ["/bottom", "/top"],
            UpperPath = "/u",
            WorkPath = "/w",
            IdRange = new IdRange { HostStart = 524288 },
        };
        change?.Invoke(configuration);
        return SpecBuilder.Build(configuration, inputs ?? new SpecInputs());
    }
}
