using ContainerTools.Engine.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Kernels;

/// <summary>An ordinary user's own systemd, in a virtual machine with cgroup v2: it is asked for scopes, in which he has the limits whose controllers are delegated to him.</summary>
public sealed class UserSystemdTests : IDisposable
{
    private readonly VirtualMachine _machine = new(DebianKernel.Get());
    private readonly string _begin;

    public UserSystemdTests()
    {
        GuestBundles.Prepare(_machine);
        GuestSystemd.Install(_machine);
        _begin = GuestSystemd.InstallUser(_machine);
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Containers_get_scopes_with_limits()
    {
        AddBundle("a", "sleep 100 & sleep 100", c => (c.Memory, c.MemorySwap, c.PidsLimit, c.Cpus) = (64 << 20, 64 << 20, 20, 0.5), "user.slice:libpod:abc");
        AddBundle("s", "cat /proc/self/cgroup /sys/fs/cgroup/cpuset.cpus; exit 5", c => c.CpuSet = "0", "user.slice::set");
        AddBundle("b", "cat /proc/self/cgroup /sys/fs/cgroup/memory.max; exit 5", c => c.Memory = 32 << 20, "");
        var result = _machine.Run(_begin + """
            user <<'END'
            id -u; cat /proc/self/cgroup
            c="/ctrun --root /run/user/1000/ct --systemd-cgroup"; g=/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-abc.scope
            $c create --pid-file /tmp/pid --bundle /bundles/a a </dev/null 2>&1; echo create:$?
            cat /proc/$(cat /tmp/pid)/cgroup; $c start a; sleep 1
            wc -l <$g/cgroup.procs; cat $g/memory.max $g/memory.swap.max $g/pids.max $g/cpu.max
            systemctl --user show libpod-abc.scope -p Slice -p Delegate -p ActiveState -p MemoryMax -p MemorySwapMax -p TasksMax -p CPUQuotaPerSecUSec -p DevicePolicy | sort
            $c exec a sh -c 'cat /proc/self/cgroup /sys/fs/cgroup/memory.max'; echo exec:$?
            $c kill a KILL; sleep 1; $c delete a; echo delete:$?; systemctl --user is-active libpod-abc.scope; ls -d $g 2>/dev/null
            $c run --bundle /bundles/b b </dev/null 2>&1; echo run:$?; systemctl --user list-units --all --plain --no-legend '*.scope'
            $c run --bundle /bundles/s s </dev/null 2>&1; echo run:$?
            END
            """);
        Assert.True("" == result.Output, result.Output + result.Error);
    }

    /// <summary>A bundle of the user's: one directory, and his ids.</summary>
    private void AddBundle(string id, string script, Action<ContainerConfiguration> configure, string cgroup) => GuestBundles.Add(_machine, id, script, c =>
    {
        c.Mounts = [];
        configure(c);
    }, change: spec =>
    {
        spec.Annotations!.Clear();
        spec.Root!.Path = "/layers/base";
        spec.Linux!.CgroupsPath = cgroup;
        spec.Linux.UidMappings = spec.Linux.GidMappings = [new() { ContainerID = 0, HostID = GuestSystemd.User, Size = 1 }, new() { ContainerID = 1, HostID = 100000, Size = 65536 }];
    });
}
