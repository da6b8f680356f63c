using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.Kernels;

/// <summary>
/// The cmdlets and the monitor on a host with nothing but cgroup v2, Debian's kernel in a virtual machine: this machine's controllers may be bound to version 1. The whole
/// product runs there, with the .NET runtime.
/// </summary>
[Trait("Length", "long")]
public sealed class VersionTwoTests : IDisposable
{
    private readonly VirtualMachine _machine = new(DebianKernel.Get()) { Size = 1024 };

    public VersionTwoTests()
    {
        GuestHost.Install(_machine);
        File.WriteAllText(Path.Combine(_machine.Disk, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Containers_are_suspended_limited_measured_and_told_to_have_run_out_of_memory()
    {
        File.WriteAllText(Path.Combine(_machine.Disk, "script.ps1"), """
            $ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue'
            $PSDefaultParameterValues = @{ '*-Container:Network' = 'none' }
            function File($name) { [IO.File]::ReadAllText("/sys/fs/cgroup/containertools/$($web.Id)/$name").Trim() }
            $null = Import-Image /busybox.tar
            $web = New-Container busybox -Name web -Memory 64MB -PidsLimit 30 -Cpus 0.5 -- sh -c 'while :; do :; done' | Start-Container -PassThru
            "made $(File memory.max) $(File pids.max) $(File cpu.max)"
            $measured = Get-ContainerStatistics web
            "measured $($measured.MemoryLimit) $($measured.MemoryUsage -gt 0) $($measured.PidsLimit) $($measured.Pids) $($measured.CpuPercent -gt 5 -and $measured.CpuPercent -lt 80)"
            $web = Suspend-Container web -PassThru
            "suspended $($web.State) $(File cgroup.freeze) $((Get-Container web).State)"
            try { Invoke-ContainerCommand web true } catch { "refused $($_.FullyQualifiedErrorId.Split(',')[0])" }
            $before = File cpu.stat; Start-Sleep 1
            "still $($before.Split("`n")[0] -eq (File cpu.stat).Split("`n")[0])"
            $web = Resume-Container web -PassThru
            "resumed $($web.State) $(File cgroup.freeze)"
            Set-Container web -Memory 48MB -MemorySwap 48MB -PidsLimit 20 -Cpus 0.25 -CpuSet 0
            "set $(File memory.max) $(File pids.max) $(File cpu.max) $(File cpuset.cpus)"
            try { Set-Container web -CpuSet 99 } catch { "refused $($_.FullyQualifiedErrorId.Split(',')[0]) $(File cpuset.cpus)" }
            "monitor $([IO.File]::ReadAllText("/proc/$([IO.File]::ReadAllText("/proc/$($web.Pid)/stat").Split(' ')[3])/cgroup").Trim())"
            $null = Suspend-Container web
            Stop-Container web -Timeout 0.2
            "stopped $((Get-Container web).ExitCode) $([IO.Directory]::Exists("/sys/fs/cgroup/containertools/$($web.Id)"))"
            $hog = New-Container busybox -Name hog -Memory 16MB -MemorySwap 16MB -- sh -c 'head -c 100000000 /dev/zero | tail -c 90000000 | wc -c; exit 3' | Start-Container -PassThru | Wait-Container
            "hog $($hog.ExitCode) $($hog.OutOfMemory) $(@(Get-ContainerEvent | Where-Object Action -eq OutOfMemory).Count)"
            $null = New-Container busybox -Name again -RestartPolicy on-failure:1 -- sh -c 'exit 4' | Start-Container -PassThru | Wait-Container
            while ((Get-Container again).State -ne 'Exited') { Start-Sleep 0.2 }
            "again $((Get-Container again).RestartCount) $((Get-Container again).ExitCode)"
            Get-Container | Remove-Container
            "left $(@(Get-ChildItem /sys/fs/cgroup/containertools -Directory | Where-Object Name -ne monitors).Count)"
            """);
        var result = _machine.Run($"export {GuestHost.Environment} HOME=/root\n{GuestHost.Program} /script.ps1\n", TimeSpan.FromMinutes(5));
        Assert.True("""
            made 67108864 30 50000 100000
            measured 67108864 True 30 1 True
            suspended Paused 1 Paused
            refused ContainerPaused
            still True
            resumed Running 0
            set 50331648 20 25000 100000 0
            refused InvalidCpuSet 0
            monitor 0::/containertools/monitors
            stopped 137 False
            hog 3 True 1
            again 1 4
            left 0

            """ == result.Output, result.Output + result.Error);
    }
}
