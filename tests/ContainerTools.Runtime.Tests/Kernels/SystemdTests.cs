using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Kernels;

/// <summary>Debian's systemd as the first process of a virtual machine with cgroup v2: it is asked for scopes, by its private socket.</summary>
public sealed class SystemdTests : IDisposable
{
    private static readonly string s_id = new('a', 64);

    private readonly VirtualMachine _machine = new(DebianKernel.Get());

    public SystemdTests()
    {
        GuestBundles.Prepare(_machine);
        GuestSystemd.Install(_machine);
        // A user's session that ends, and takes with it what is in its group.
        GuestSystemd.WriteUnit(_machine, "session.service", $"""
            [Unit]
            DefaultDependencies=no
            [Service]
            Type=forking
            ExecStart=/bin/sh -c '/ctrun monitor --store=/store --run=/run/ct --id={s_id} --cgroup=/containertools.slice/containertools-{s_id}.scope/container </dev/null >/dev/null 2>&1 3>/run/report 4<>/store/containers/{s_id}/monitor.lock & while [ ! -s /run/report ]; do sleep 0.1; done; sleep 1000 & '
            """);
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Containers_get_scopes_with_their_limits_and_outlive_the_session()
    {
        GuestBundles.Add(_machine, "a", "sleep 100 & sleep 100", c => (c.Memory, c.MemorySwap, c.PidsLimit, c.Cpus) = (64 << 20, 64 << 20, 20, 0.5), change: spec =>
        {
            spec.Linux!.CgroupsPath = "machine.slice:libpod:abc";
            spec.Annotations!["org.systemd.property.TimeoutStopUSec"] = "uint64 7000000";
            spec.Annotations["org.systemd.property.CollectMode"] = "'inactive'";
        });
        GuestBundles.Add(_machine, "b", "cat /proc/self/cgroup; exit 5", _ => { }, change: spec => spec.Linux!.CgroupsPath = "a-b.slice::own");
        GuestBundles.Add(_machine, "c", "true", _ => { }, change: spec => spec.Linux!.CgroupsPath = "/not/of/systemd");
        GuestBundles.Add(_machine, s_id, "echo begin; sleep 100", c => c.Memory = 64 << 20, parent: "store/containers", change: spec => spec.Linux!.CgroupsPath = $"/containertools.slice/containertools-{s_id}.scope/container");
        CommandResult result = _machine.Run($$"""
            c="/ctrun --root /run/ct --systemd-cgroup"; g=/sys/fs/cgroup/machine.slice/libpod-abc.scope
            $c create --pid-file /run/pid --bundle /bundles/a a </dev/null >/dev/null 2>&1; echo create:$?
            cat /proc/$(cat /run/pid)/cgroup; $c start a; sleep 1
            wc -l <$g/cgroup.procs; cat $g/memory.max $g/memory.swap.max $g/pids.max $g/cpu.max
            systemctl show libpod-abc.scope -p Slice -p Delegate -p ActiveState -p MemoryMax -p MemorySwapMax -p TasksMax -p CPUQuotaPerSecUSec -p DevicePolicy -p TimeoutStopUSec -p CollectMode | sort
            systemctl show libpod-abc.scope -p DeviceAllow | grep -c 'char-pts rwm'
            $c update --memory 32m --memory-swap 32m --pids-limit 9 a; echo update:$?
            systemctl show libpod-abc.scope -p MemoryMax -p TasksMax | sort
            systemctl daemon-reload; sleep 1; cat $g/memory.max $g/pids.max; wc -l <$g/cgroup.procs
            $c exec a sh -c 'head -c 1 /dev/zero | wc -c; cat /proc/self/cgroup'; echo exec:$?
            $c kill a KILL; sleep 1; $c delete a; echo delete:$?; systemctl is-active libpod-abc.scope; ls -d $g 2>/dev/null
            $c run --bundle /bundles/b b </dev/null 2>&1; echo run:$?; systemctl list-units --all --plain --no-legend 'own.scope'
            $c run --bundle /bundles/c c </dev/null 2>&1; echo run:$?
            systemctl start session.service; cat /run/report
            d=/store/containers/{{s_id}}; s=/sys/fs/cgroup/containertools.slice/containertools-{{s_id}}.scope
            pid=$(sed 's/.*"pid":\([0-9]*\).*/\1/' $d/state.json); monitor=$(cut -d' ' -f4 /proc/$pid/stat)
            sed 's/aaaaa*/ID/' /proc/$pid/cgroup /proc/$monitor/cgroup; cat $s/container/memory.max
            sleep 2; systemctl stop session.service; sleep 1; systemctl is-active session.service; systemctl is-active containertools-{{s_id}}.scope
            ls -d /proc/$pid >/dev/null && echo lives
            /ctrun --root /run/ct/runtime kill {{s_id}} KILL; sleep 2
            grep -o '"state":"[a-z]*"' $d/state.json; systemctl is-active containertools-{{s_id}}.scope; ls -d $s 2>/dev/null; ls -d /run/ct/runtime/* 2>/dev/null; true
            """);
        Assert.True("""
            create:0
            0::/machine.slice/libpod-abc.scope
            2
            67108864
            0
            20
            50000 100000
            ActiveState=active
            CPUQuotaPerSecUSec=500ms
            CollectMode=inactive
            Delegate=yes
            DevicePolicy=strict
            MemoryMax=67108864
            MemorySwapMax=0
            Slice=machine.slice
            TasksMax=20
            TimeoutStopUSec=7s
            1
            update:0
            MemoryMax=33554432
            TasksMax=9
            33554432
            9
            2
            1
            0::/
            exec:0
            delete:0
            inactive
            0::/
            run:5
            ctrun: The container's config.json cannot be used: its cgroupsPath '/not/of/systemd' is not of the form slice:prefix:name, which '--systemd-cgroup' asks for.
            run:1
            ok
            0::/containertools.slice/containertools-ID.scope/container
            0::/containertools.slice/containertools-ID.scope/monitor
            67108864
            inactive
            active
            lives
            "state":"exited"
            inactive

            """ == result.Output, result.Output + result.Error);
    }
}
