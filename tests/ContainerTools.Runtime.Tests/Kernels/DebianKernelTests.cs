using ContainerTools.Engine.Containers;
using ContainerTools.Oci.Runtime;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Kernels;

/// <summary>Debian 12's own kernel, 6.1 with cgroup v2 only: the paths that the development machine's newer kernel does not take.</summary>
public sealed class DebianKernelTests : IDisposable
{
    private readonly VirtualMachine _machine = new(DebianKernel.Get());

    public DebianKernelTests() => GuestBundles.Prepare(_machine);

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void A_container_has_layers_ids_volumes_filter_and_limits_of_its_own()
    {
        AddBundle("a", "id -u; cat /from-top; cat /proc/self/uid_map; stat -c %u:%g /from-top /data/file; echo new >/data/new; echo w >/written; "
            + "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory.swap.max /sys/fs/cgroup/pids.max /sys/fs/cgroup/cpu.max; "
            + "grep Seccomp: /proc/self/status; unshare -U true 2>/dev/null; echo unshare:$?; echo x >/proc/sys/kernel/hostname; echo ro:$?",
            c => (c.Memory, c.MemorySwap, c.PidsLimit, c.Cpus) = (48 << 20, 48 << 20, 17, 0.5));
        CommandResult result = _machine.Run("""
            /ctrun --root /run/ct run --bundle /bundles/a a </dev/null 2>&1; echo exit:$?
            stat -c 'disk %u:%g' /srv/data/new /bundles/a/upper/written
            ls -d /sys/fs/cgroup/containertools/a; ls -d /run/ct/a; grep -c overlay /proc/mounts; true
            """);
        string text = result.Output;
        Assert.True(text.StartsWith("0\ntop\n", StringComparison.Ordinal), text);
        Assert.Matches(@"0 +524288 +65536\n0:0\n0:0\n50331648\n0\n17\n50000 100000\nSeccomp:\s+2\nunshare:1\n", text);
        Assert.Contains("ro:1\nexit:0\n", text, StringComparison.Ordinal);
        // Files on disk keep plain ids, and nothing is left.
        Assert.EndsWith("""
            disk 0:0
            disk 0:0
            ls: /sys/fs/cgroup/containertools/a: No such file or directory
            ls: /run/ct/a: No such file or directory
            0

            """, text, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_bite()
    {
        AddBundle("pids", "i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done", c => c.PidsLimit = 12);
        AddBundle("memory", "tail -c 150000000 /dev/zero | wc -c; grep oom_kill /sys/fs/cgroup/memory.events", c => (c.Memory, c.MemorySwap) = (24 << 20, 24 << 20));
        CommandResult result = _machine.Run("""
            /ctrun --root /run/ct run --bundle /bundles/pids p </dev/null 2>&1; echo exit:$?
            /ctrun --root /run/ct run --bundle /bundles/memory m </dev/null 2>&1
            """);
        Assert.True(result.Output.Contains("can't fork", StringComparison.Ordinal), result.Output);
        Assert.Contains("exit:2\n", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("150000000", result.Output, StringComparison.Ordinal);
        // While one that was killed has not let go of its memory, a slow machine's kernel may choose a second.
        Assert.Matches("(?m)^oom_kill [1-9]$", result.Output);
    }

    [Fact]
    public void Devices_are_refused_by_a_program_in_the_kernel()
    {
        // In the host's user namespace mknod itself is allowed, so that only the control group stands between root and the disk.
        AddBundle("a", "mknod /tmp/disk b 254 0; echo mknod:$?; head -c 1 /tmp/disk >/dev/null; echo disk:$?; head -c 1 /dev/zero | wc -c; mknod /tmp/rtc c 10 235 && head -c 0 /tmp/rtc; echo rtc:$?; echo 1 >/dev/null; echo null:$?",
            c => c.IdRange = null);
        CommandResult result = _machine.Run("/ctrun --root /run/ct run --bundle /bundles/a a </dev/null 2>&1; head -c 1 /dev/vda | wc -c");
        Assert.True(result.Output.Contains("mknod:0\n", StringComparison.Ordinal), result.Output);
        Assert.Contains("disk:1\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("Operation not permitted", result.Output, StringComparison.Ordinal);
        Assert.Contains("null:0\n", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("1\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_start_kill_delete_leave_nothing()
    {
        AddBundle("a", "sleep 100 & sleep 100", _ => { });
        CommandResult result = _machine.Run("""
            c="/ctrun --root /run/ct"
            $c create --bundle /bundles/a a </dev/null >/dev/null 2>&1; echo create:$?
            $c state a | grep -o '"status": *"[a-z]*"'
            $c start a; $c state a | grep -o '"status": *"[a-z]*"'
            wc -l </sys/fs/cgroup/containertools/a/cgroup.procs
            $c kill a KILL; sleep 1; $c state a | grep -o '"status": *"[a-z]*"'
            $c delete a; echo delete:$?; ls -d /sys/fs/cgroup/containertools/a /run/ct/a 2>/dev/null; grep -c overlay /proc/mounts
            """);
        Assert.Equal("create:0\n\"status\": \"created\"\n\"status\": \"running\"\n", string.Concat(result.Output.Split('\n').Take(3).Select(line => line + "\n")));
        Assert.EndsWith("\"status\": \"stopped\"\ndelete:0\n0\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_monitor_logs_records_the_end_and_lets_others_in()
    {
        AddBundle("a", "echo begin; echo oops >&2; sleep 100", _ => { }, parent: "store/containers");
        CommandResult result = _machine.Run("""
            d=/store/containers/a; mkdir -p /run/ct
            /ctrun monitor --store=/store --run=/run/ct --id=a --cgroup=/containertools/a 0</dev/null 3>/report 4<>$d/monitor.lock &
            i=0; while [ ! -s /report ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done
            cat /report; grep -o '"state":"[a-z]*"' $d/state.json
            c="/ctrun --root /run/ct/runtime"
            $c exec a sh -c 'id -u; cat /proc/self/uid_map /from-top /data/file; cat /proc/self/cgroup; exit 7' </dev/null; echo exec:$?
            $c exec --user alice a sh -c 'id -u; id -G; grep Seccomp: /proc/self/status' </dev/null
            # Past the first second, so that it is the monitor's second image that sees the end.
            sleep 2; $c kill a KILL; wait
            grep -o '"state":"[a-z]*"' $d/state.json; grep -o '"exitCode":[0-9]*' $d/state.json
            sed 's/,"time.*//' $d/container.log
            ls -d /sys/fs/cgroup/containertools/a /run/ct/runtime/a 2>/dev/null; grep -c overlay /proc/mounts
            """);
        Assert.True(result.Output.StartsWith("ok\n", StringComparison.Ordinal), result.Output);
        Assert.Matches("""
            ^ok
            "state":"running"
            0
             +0 +524288 +65536
            top
            data
            0::/
            exec:7
            1000
            1000 50
            Seccomp:\s+2
            "state":"exited"
            "exitCode":137
            \{"log":"begin\\n","stream":"stdout"
            \{"log":"oops\\n","stream":"stderr"
            0

            """.TrimEnd(' '), result.Output);
    }

    [Fact]
    public void Every_command_works_with_version_2_alone()
    {
        AddBundle("a", "sleep 100 & sleep 100 & wait", c => c.Memory = 64 << 20);
        CommandResult result = _machine.Run("""
            c="/ctrun --root /run/ct"; g=/sys/fs/cgroup/containertools/a
            $c create --bundle /bundles/a a </dev/null >/dev/null 2>&1; $c start a
            $c pause a; cat $g/cgroup.freeze; $c state a | grep -o '"paused"'; $c exec a true; echo exec:$?; $c resume a; cat $g/cgroup.freeze
            $c update --memory 40m --memory-swap 50m --pids-limit 9 --cpu-quota 20000 --cpu-period 100000 --cpu-share 512 a; cat $g/memory.max $g/memory.swap.max $g/pids.max $g/cpu.max $g/cpu.weight
            echo '{"unified":{"memory.high":"30000000","cpu.weight":"77"}}' | $c update -r - a; cat $g/memory.high $g/cpu.weight
            $c exec a sh -c 'echo x > /dev/null; head -c 1 /dev/zero | wc -c'
            $c ps --format json a | tr ',' '\n' | wc -l
            $c events --stats a | grep -o '"limit":[0-9]*'
            $c update --memory-swap -5 a; echo update:$?
            $c pause a; $c kill --all a KILL; sleep 1; $c state a | grep -o '"stopped"'; $c delete a; echo delete:$?; ls -d $g 2>/dev/null
            """);
        string[] lines = result.Output.Split('\n');
        Assert.True(lines.Take(4).SequenceEqual(["1", "\"paused\"", "ctrun: The container 'a' is paused: a command can run only in a running one ('--ignore-paused' lets it wait there).", "exec:255"])
            || lines.Take(3).SequenceEqual(["1", "\"paused\"", "exec:255"]), result.Output);
        Assert.Contains("exec:255\n0\n41943040\n10485760\n9\n20000 100000\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("\n77\n1\n3\n\"limit\":41943040\n\"limit\":10485760\n\"limit\":9\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("update:1\n\"stopped\"\ndelete:0\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Documents_are_carried_out_on_an_older_kernel_too()
    {
        AddBundle("a", "cat /sys/fs/cgroup/pids.max; ls /sys/fs/cgroup | grep -c containertools; cut -d. -f1 /proc/uptime; cat /data/sub/file; stat -c %u /data/sub; cat /proc/self/attr/current", c => c.PidsLimit = 17, change: spec =>
        {
            spec.Linux!.Namespaces!.RemoveAll(item => item.Type == "cgroup");
            spec.Linux.Namespaces.Add(new LinuxNamespace { Type = "time" });
            spec.Linux.TimeOffsets = new() { ["boottime"] = new() { Secs = 5_000_000 } };
            spec.Mounts!.RemoveAll(mount => mount.Destination == "/data");
            spec.Mounts.Add(new MountSpec { Destination = "/data", Type = "tmpfs", Source = "tmpfs", Options = ["tmpcopyup"] });
        });
        Directory.CreateDirectory(Path.Combine(_machine.Disk, "layers/top/data/sub"));
        File.WriteAllText(Path.Combine(_machine.Disk, "layers/top/data/sub/file"), "copied\n");
        AddBundle("b", "id -u", _ => { }, change: spec => spec.Process!.ApparmorProfile = "no-such-profile");
        AddBundle("c", "cat /proc/self/attr/current", _ => { }, change: spec => spec.Process!.ApparmorProfile = "unconfined");
        AddBundle("d", "sleep 100", _ => { });
        AddBundle("e", "cat /proc/self/uid_map; echo $$", _ => { }, change: spec =>
        {
            spec.Linux!.UidMappings = spec.Linux.GidMappings = null;
            spec.Linux.Namespaces!.Find(item => item.Type == "user")!.Path = "/run/user";
        });
        AddBundle("f", "cd /sys/fs/cgroup; mkdir inner && echo $$ >inner/cgroup.procs && cat /proc/self/cgroup && echo +pids >cgroup.subtree_control && cat inner/pids.max; (echo 99 >pids.max) 2>/dev/null || echo refused",
            c => c.PidsLimit = 17, change: spec => spec.Mounts!.Find(mount => mount.Type == "cgroup")!.Options!.Remove("ro"));
        CommandResult result = _machine.Run("""
            c="/ctrun --root /run/ct"
            $c run --bundle /bundles/a a </dev/null 2>&1; echo exit:$?
            $c run --bundle /bundles/f f </dev/null 2>&1; echo exit:$?
            cat /sys/module/apparmor/parameters/enabled
            $c run --bundle /bundles/b b </dev/null 2>&1; echo exit:$?
            $c run --bundle /bundles/c c </dev/null 2>&1; echo exit:$?
            $c create --pid-file /run/pid --bundle /bundles/d d </dev/null >/dev/null 2>&1; touch /run/user; mount --bind /proc/$(cat /run/pid)/ns/user /run/user
            $c run --bundle /bundles/e e </dev/null 2>&1; echo exit:$?
            $c delete --force d; umount /run/user; ls /sys/fs/cgroup/containertools 2>/dev/null | grep -c '^[a-e]$'
            """);
        string text = result.Output;
        Assert.True(text.StartsWith("17\n0\n50000", StringComparison.Ordinal), text);
        Assert.Contains("copied\n0\n", text, StringComparison.Ordinal);
        // Groups of its own, in a user namespace, below limits that stay the host's.
        Assert.Contains("0::/inner\nmax\nrefused\nexit:0\n", text, StringComparison.Ordinal);
        Assert.Contains("'no-such-profile': no such profile is loaded.\nexit:1\nunconfined\nexit:0\n", text, StringComparison.Ordinal);
        Assert.Matches(@"0 +524288 +65536\n1\nexit:0\n0\n$", text);
    }

    private void AddBundle(string id, string script, Action<ContainerConfiguration> configure, string parent = "bundles", Action<RuntimeSpec>? change = null) =>
        GuestBundles.Add(_machine, id, script, configure, parent, change);
}
