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
        _begin = GuestSystemd.InstallBuses(_machine) + GuestSystemd.InstallUser(_machine);
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Containers_get_scopes_with_the_limits_that_are_delegated()
    {
        AddBundle("a", "sleep 100 & sleep 100", c => (c.Memory, c.MemorySwap, c.PidsLimit, c.Cpus) = (64 << 20, 64 << 20, 20, 0.5), "user.slice:libpod:abc");
        AddBundle("b", "cat /proc/self/cgroup /sys/fs/cgroup/memory.max; exit 5", c => c.Memory = 32 << 20, "");
        AddBundle("hog", "head -c 100000000 /dev/zero | tail -c 90000000 | wc -c; grep oom_kill /sys/fs/cgroup/memory.events", c => (c.Memory, c.MemorySwap) = (16 << 20, 16 << 20), "");
        AddBundle("set", "cat /proc/self/cgroup /sys/fs/cgroup/cpuset.cpus; exit 5", c => c.CpuSet = "0", "user.slice::set");
        AddBundle("plain", "cat /proc/self/cgroup; exit 5", _ => { }, "/not/delegated");
        AddBundle("deep", "cat /proc/self/cgroup /sys/fs/cgroup/pids.max; exit 5", c => c.PidsLimit = 9, "/user.slice/user-1000.slice/user@1000.service/deep/er");
        var result = _machine.Run(_begin + """
            export c="/ctrun --root /run/user/1000/ct --systemd-cgroup" g=/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-abc.scope
            begin() { echo "c='$c' g=$g"; cat; }
            begin <<'END' | user
            $c create --pid-file /tmp/pid --bundle /bundles/a a </dev/null 2>&1; echo create:$?
            cat /proc/$(cat /tmp/pid)/cgroup; $c start a; sleep 1
            systemctl --user show libpod-abc.scope -p Slice -p Delegate -p ActiveState -p MemoryMax -p MemorySwapMax -p TasksMax -p CPUQuotaPerSecUSec | sort
            $c update --memory 32m --memory-swap 32m --pids-limit 9 --cpu-quota 20000 --cpu-period 100000 a; echo update:$?
            systemctl --user show libpod-abc.scope -p MemoryMax -p TasksMax | sort; systemctl --user daemon-reload
            $c update --cpuset-cpus 0 a 2>&1 | cut -d' ' -f 1-16
            $c exec a sh -c 'cat /proc/self/cgroup; cd /sys/fs/cgroup; cat memory.max memory.swap.max pids.max cpu.max'; echo exec:$?
            $c pause a; cat $g/cgroup.freeze; $c state a | grep -o '"paused"'; $c resume a; cat $g/cgroup.freeze
            $c events --stats a | grep -o '"limit":[0-9]*'
            $c run --bundle /bundles/hog hog </dev/null 2>/dev/null
            $c run --bundle /bundles/set set </dev/null 2>&1 | cut -d' ' -f 1-16
            END
            echo from outside; wc -l <$g/cgroup.procs; cat $g/memory.max $g/pids.max
            begin <<'END' | session
            cat /proc/self/cgroup
            $c exec a sh -c 'cat /proc/self/cgroup /sys/fs/cgroup/memory.max'; echo exec:$?
            $c run --bundle /bundles/b b </dev/null 2>&1; echo run:$?
            /ctrun --root /run/user/1000/ct run --bundle /bundles/deep deep </dev/null 2>&1; echo run:$?
            # Without its private socket there is the user's bus.
            mv /run/user/1000/systemd/private /run/user/1000/systemd/away
            $c run --bundle /bundles/b b </dev/null 2>&1 | cut -d' ' -f 1-11
            systemctl --user start dbus.service 2>/dev/null; mv /run/user/1000/systemd/away /run/user/1000/systemd/private; systemctl --user start dbus.service; sleep 1
            mv /run/user/1000/systemd/private /run/user/1000/systemd/away
            $c run --bundle /bundles/b b </dev/null 2>&1; echo run:$?
            DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus XDG_RUNTIME_DIR=/nowhere $c run --bundle /bundles/b b </dev/null 2>&1; echo run:$?
            mv /run/user/1000/systemd/away /run/user/1000/systemd/private
            END
            echo without the bus; systemctl stop dbus.socket dbus.service 2>/dev/null
            begin <<'END' | session
            $c exec a true 2>&1 | cut -d' ' -f 1-20; $c run --bundle /bundles/b b </dev/null 2>&1 | cut -d' ' -f 1-13
            /ctrun --root /run/user/1000/ct run --bundle /bundles/plain plain </dev/null 2>&1; echo run:$?
            $c kill a KILL; sleep 1; $c delete a; echo delete:$?; systemctl --user list-units --all --plain --no-legend 'libpod*' 'ctrun*'; ls -d $g /run/user/1000/ct/* 2>/dev/null; true
            END
            echo delegated; mkdir -p /etc/systemd/system/user@.service.d
            printf '[Service]\nDelegate=cpu cpuset io memory pids\n' >/etc/systemd/system/user@.service.d/delegate.conf
            systemctl daemon-reload; systemctl restart user@1000.service
            begin <<'END' | user
            $c run --bundle /bundles/set set </dev/null 2>&1; echo run:$?
            END
            """);
        Assert.True("""
            create:0
            0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-abc.scope
            ActiveState=active
            CPUQuotaPerSecUSec=500ms
            Delegate=yes
            MemoryMax=67108864
            MemorySwapMax=0
            Slice=user.slice
            TasksMax=20
            update:0
            MemoryMax=33554432
            TasksMax=9
            ctrun: The controller 'cpuset' of the limits that were asked for is not delegated to this
            0::/
            33554432
            0
            9
            20000 100000
            exec:0
            1
            "paused"
            0
            "limit":33554432
            "limit":0
            "limit":9
            0
            oom_kill 1
            ctrun: The controller 'cpuset' of the limits that were asked for is not delegated to this
            from outside
            2
            33554432
            9
            0::/user.slice/user-1000.slice/session.service
            0::/
            33554432
            exec:0
            0::/
            33554432
            run:5
            0::/
            9
            run:5
            ctrun: systemd cannot be asked for a scope: none of the
            0::/
            33554432
            run:5
            0::/
            33554432
            run:5
            without the bus
            ctrun: The process could not be started in the container: this shell is outside of the control groups that are
            ctrun: systemd did not start the unit 'ctrun-b.scope': its job ended as 'failed'.
            0::/
            run:5
            delete:0
            delegated
            0::/
            0
            run:5

            """ == result.Output, result.Output + result.Error);
    }

    [Fact]
    public void Podman_has_scopes_with_limits_for_an_ordinary_user()
    {
        foreach (var program in new[] { "/usr/bin/podman", "/usr/bin/conmon" })
            _machine.InstallProgram(program);
        foreach (var file in new[] { "/etc/containers/policy.json", "/usr/share/containers/seccomp.json" })
            _machine.InstallTree(file, file.TrimStart('/'));
        BusyboxImage.WriteDockerArchive(Path.Combine(_machine.Disk, "busybox.tar"));
        File.WriteAllText(Path.Combine(_machine.Disk, "etc/containers/containers.conf"), """
            [engine]
            cgroup_manager = "systemd"
            events_backend = "file"
            runtime = "/ctrun"
            [containers]
            log_driver = "k8s-file"

            """);
        var result = _machine.Run(_begin + """
            chmod 1777 /var/tmp; alice systemctl --user start dbus.service
            session <<'END'
            p=/usr/bin/podman; export PATH=/bin:/usr/bin
            $p load -qi /busybox.tar; $p info --format '{{.Host.CgroupManager}} {{.Host.CgroupControllers}} {{.Host.OCIRuntime.Name}}'
            $p run -d --name a --network none --memory 32m --memory-swap 32m --pids-limit 20 --cpus 0.5 busybox sleep 1000 >/tmp/id; echo run:$?
            cat /proc/$($p inspect --format '{{.State.Pid}}' a)/cgroup | sed 's/[0-9a-f]\{64\}/ID/'
            cd /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-$(cat /tmp/id).scope; cat memory.max pids.max cpu.max; cd /
            $p pause a; $p inspect --format '{{.State.Status}}' a; $p unpause a; $p stats --no-stream --format '{{.PIDs}}' a
            $p exec a sh -c 'id -u; cat /proc/1/comm; sed s/[0-9a-f]*.scope/ID/ /proc/self/cgroup; exit 7'; echo exec:$?
            $p rm -f -t 0 a; systemctl --user list-units --all --plain --no-legend 'libpod*'
            true
            END
            """);
        Assert.True("""
            Loaded image: docker.io/library/busybox:latest
            systemd [cpu memory pids] /ctrun
            run:0
            0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope
            33554432
            20
            50000 100000
            a
            paused
            a
            1
            0
            sleep
            0::/
            exec:7
            a

            """ == result.Output, result.Output + result.Error);
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
