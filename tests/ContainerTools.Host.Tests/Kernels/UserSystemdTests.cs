using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.Kernels;

/// <summary>The cmdlets for an ordinary user whose own systemd runs, on a host with cgroup v2, in a virtual machine: limits, and the unit that brings his containers back.</summary>
[Trait("Length", "long")]
public sealed class UserSystemdTests : IDisposable
{
    private readonly VirtualMachine _machine = new(DebianKernel.Get()) { Size = 1024 };
    private readonly string _begin;

    public UserSystemdTests()
    {
        GuestHost.Install(_machine);
        GuestSystemd.Install(_machine);
        _begin = GuestSystemd.InstallBuses(_machine) + GuestSystemd.InstallUser(_machine);
        // The unit as it is packaged, but for the place of the module.
        var unit = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "src/ContainerTools.Runtime/containertools-user.service"));
        GuestSystemd.WriteUserUnit(_machine, "containertools.service", unit.Replace("/usr/local/share/powershell/Modules/ContainerTools/@VERSION@/", "/repository/", StringComparison.Ordinal));
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Containers_have_delegated_limits_outlive_the_session_and_come_back_with_the_users_systemd()
    {
        File.WriteAllText(Path.Combine(_machine.Disk, "script.ps1"), """
            $ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue'
            $PSDefaultParameterValues = @{ '*-Container:Network' = 'none' }
            $manager = '/user.slice/user-1000.slice/user@1000.service'
            function File($name) { [IO.File]::ReadAllText("/sys/fs/cgroup$manager/containertools.slice/containertools-$($web.Id).scope/container/$name").Trim() }
            function GroupOf($process) { [IO.File]::ReadAllText("/proc/$process/cgroup").Trim().Replace($manager, '') -replace '[0-9a-f]{64}', 'ID' }
            function Refused($command) { try { & $command } catch { "refused $($_.FullyQualifiedErrorId.Split(',')[0]) $($_.Exception.Message -match "'cpuset'.*user@.service.d/")" } }
            "shell $(GroupOf self)"
            "host $((Get-ContainerHost).CgroupControllers) $(@((Get-ContainerHost).Warnings -match 'CpuSet \(cpuset\).*Delegate=').Count)"
            $null = Import-Image /busybox.tar
            $web = New-Container busybox -Name web -Memory 64MB -PidsLimit 30 -Cpus 0.5 -RestartPolicy unless-stopped -- sh -c 'trap "exit 0" TERM; sleep 1000 & wait' | Start-Container -PassThru
            "made $(File memory.max) $(File pids.max) $(File cpu.max)"
            $monitor = [IO.File]::ReadAllText("/proc/$($web.Pid)/stat").Split(' ')[3]
            "groups $(GroupOf $web.Pid) $(GroupOf $monitor)"
            "inside $(Invoke-ContainerCommand web -- sh -c 'cat /proc/self/cgroup /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max')"
            $measured = Get-ContainerStatistics web
            "measured $($measured.MemoryLimit) $($measured.MemoryUsage -gt 0) $($measured.PidsLimit) $($measured.Pids)"
            $web = Suspend-Container web -PassThru
            "suspended $($web.State) $(File cgroup.freeze)"
            $web = Resume-Container web -PassThru
            "resumed $($web.State) $(File cgroup.freeze)"
            Set-Container web -Memory 48MB -MemorySwap 48MB -PidsLimit 20 -Cpus 0.25
            "set $(File memory.max) $(File pids.max) $(File cpu.max)"
            Refused { Set-Container web -CpuSet 0 }
            Refused { New-Container busybox -Name set -CpuSet 0 true | Start-Container }
            $hog = New-Container busybox -Name hog -Memory 16MB -MemorySwap 16MB -- sh -c 'head -c 100000000 /dev/zero | tail -c 90000000 | wc -c; exit 3' | Start-Container -PassThru | Wait-Container
            "hog $($hog.ExitCode) $($hog.OutOfMemory) $(@(Get-ContainerEvent | Where-Object Action -eq OutOfMemory).Count)"
            Remove-Container hog, set
            $null = New-Container busybox -Name once -- sh -c 'trap "exit 7" TERM; sleep 1000 & wait' | Start-Container
            """);
        var result = _machine.Run(_begin + $$"""
            echo 'export {{GuestHost.Environment}} HOME=/home/alice; {{GuestHost.Program}} "$1" 2>&1' >/host.sh
            echo 'sh /host.sh /script.ps1' | session
            units() { alice systemctl --user list-units --all --plain --no-legend 'containertools*' 'ctrun*' | sed 's/[0-9a-f]\{64\}/ID/; s/session-[0-9]*/session-PID/; s/  */ /g' | cut -d' ' -f 1,4 | sort; }
            echo after the session; units
            alice systemctl --user enable containertools.service 2>/dev/null; alice systemctl --user start containertools.service; systemctl restart user@1000.service
            i=0; while [ "$(alice systemctl --user is-active containertools.service)" != active ] && [ $i -lt 100 ]; do sleep 0.2; i=$((i+1)); done
            echo after the restart; units; systemctl show user@1000.service -p Result
            cd /home/alice/.local/share/containertools/containers
            for n in web once; do echo $n; d=$(dirname $(grep -l "\"name\":\"$n\"" */container.json)); grep -oE '"(state|exitCode)":[^,}]*' $d/state.json; done
            cat /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/containertools.slice/containertools-[0-9a-f]*.scope/container/memory.max
            alice systemctl --user stop containertools.service; echo in the end; units; systemctl show user@1000.service -p Result
            """, TimeSpan.FromMinutes(5));
        Assert.True("""
            shell 0::/user.slice/user-1000.slice/session.service
            host cpu memory pids 1
            made 67108864 30 50000 100000
            groups 0::/containertools.slice/containertools-ID.scope/container 0::/containertools.slice/containertools-ID.scope/monitor
            inside 0::/ 67108864 30
            measured 67108864 True 30 2
            suspended Paused 1
            resumed Running 0
            set 50331648 20 25000 100000
            refused LimitsNotDelegated True
            refused LimitsNotDelegated True
            hog 3 True 1
            after the session
            containertools-ID.scope running
            containertools-ID.scope running
            containertools-session-PID.scope running
            containertools.slice active
            after the restart
            containertools-ID.scope running
            containertools-session-PID.scope running
            containertools.service exited
            containertools.slice active
            Result=success
            web
            "state":"running"
            once
            "state":"exited"
            "exitCode":7
            50331648
            in the end
            containertools-session-PID.scope running
            containertools.service dead
            containertools.slice active
            Result=success

            """ == result.Output, result.Output + result.Error);
    }
}
