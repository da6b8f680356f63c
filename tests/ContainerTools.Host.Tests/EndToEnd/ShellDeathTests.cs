using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.EndToEnd;

/// <summary>The shell is only a client: containers, logs and exit codes do not depend on its life.</summary>
[Collection(MachineCollection.Name)]
public sealed class ShellDeathTests : IDisposable
{
    private const int Sigkill = 9;

    private readonly TemporaryStore _store = new();

    [Fact]
    public async Task AKilledShellLeavesTheContainerRunningLoggedAndItsExitCodeKept()
    {
        var archive = Path.Combine(_store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive);
        using var shell = HostShell.Start(_store, $$"""
            $null = Import-Image '{{archive}}'
            $null = New-Container busybox -Name survivor -- sh -c 'echo before; while [ ! -e /stop ]; do sleep 0.1; done; echo after; exit 42' | Start-Container -PassThru
            [Console]::Out.WriteLine('started'); [Console]::Out.Flush()
            Wait-Container survivor
            """);
        var said = await shell.StandardOutput.ReadLineAsync();
        Assert.True(said == "started", $"{said} {(said == null ? await shell.StandardError.ReadToEndAsync() : null)}");
        ProcessTable.Signal(shell.Id, Sigkill);
        Assert.True(shell.WaitForExit(10_000));

        var result = HostShell.Run(_store, """
            "1 $((Get-Container survivor).State)"
            Invoke-ContainerCommand survivor -- touch /stop
            "2 $((Wait-Container survivor -Timeout 20).ExitCode)"
            "3 $((Get-ContainerLog survivor).Message -join ',')"
            "4 $((Get-Container survivor).State) $((Get-Container survivor).ExitCode)"
            Remove-Container survivor
            """).Succeeded();
        Assert.Equal(["1 Running", "2 42", "3 before,after", "4 Exited 42"], result.Lines);
        Assert.Empty(_store.Leftovers());
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(15, "")]
    [InlineData(Sigkill, "")]
    [InlineData(Sigkill, "-Interactive")]
    [InlineData(Sigkill, "-Runtime crun")]
    public async Task WhatBelongsToAStatementGoesWithItsShell(int signal, string options)
    {
        var archive = Path.Combine(_store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive);
        using var shell = HostShell.Start(_store, $$"""
            $null = Import-Image '{{archive}}'
            New-Container busybox -Name stays sleep 300 | Start-Container
            Invoke-Container busybox {{options}} -Name goes -- sh -c 'echo started; exec sleep 300' | ForEach-Object { [Console]::Out.WriteLine($_); [Console]::Out.Flush() }
            """);
        Assert.Equal("started", await shell.StandardOutput.ReadLineAsync());
        ProcessTable.Signal(shell.Id, signal);
        Assert.True(shell.WaitForExit(10_000));
        // Without anybody's look.
        Assert.True(SpinWait.SpinUntil(() => Directory.GetDirectories(Path.Combine(_store.Root, "containers")).Length == 1, 10_000));
        Assert.Equal(["stays Running"], HostShell.Run(_store, "Get-Container | ForEach-Object { \"$($_.Name) $($_.State)\" }; Remove-Container stays -Force").Succeeded().Lines);
        Assert.Empty(_store.Leftovers());
    }

    [Fact]
    public async Task AMonitorInReserveIsUsedCanBeLostAndDoesNotOutliveItsShell()
    {
        var archive = Path.Combine(_store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive);
        using var shell = HostShell.Start(_store, $$"""
            function Reserve {
                for ($i = 0; $i -lt 500; $i++) {
                    foreach ($task in [IO.Directory]::GetDirectories("/proc/$PID/task")) {
                        foreach ($child in [IO.File]::ReadAllText("$task/children").Split(' ', [StringSplitOptions]::RemoveEmptyEntries)) {
                            if ([IO.File]::ReadAllText("/proc/$child/cmdline") -eq "ctrun`0monitor`0--wait`0" -and $child -notin $known) { return $child }
                        }
                    }
                    [Threading.Thread]::Sleep(10)
                }
                'none'
            }
            function Monitor($Container) { [IO.File]::ReadAllText("{{_store.Root}}/containers/$($Container.Id)/monitor.lock").Split(' ')[0] }
            $known = @()
            $null = Import-Image '{{archive}}'
            $first = New-Container busybox -Name first sleep 300
            $known += $reserve = Reserve
            Start-Container first
            [Console]::Out.WriteLine("1 $($reserve -eq (Monitor $first))")
            $second = New-Container busybox -Name second sleep 300
            $known += $reserve = Reserve
            [Diagnostics.Process]::GetProcessById($reserve).Kill()
            # It may still be dying, and be called: then another one takes its place.
            Start-Container second
            [Console]::Out.WriteLine("2 $($reserve -eq (Monitor $second)) $((Get-Container second).State)")
            # The monitor of what is removed looks the same until it is gone.
            $known += Monitor $second
            Remove-Container first, second -Force
            $null = New-Container busybox -Name third sleep 300
            [Console]::Out.WriteLine((Reserve)); [Console]::Out.Flush()
            [Threading.Thread]::Sleep(60000)
            """);
        Assert.Equal("1 True", await shell.StandardOutput.ReadLineAsync());
        Assert.Equal("2 False Running", await shell.StandardOutput.ReadLineAsync());
        var reserve = int.Parse((await shell.StandardOutput.ReadLineAsync())!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(ProcessTable.IsAlive(reserve));
        ProcessTable.Signal(shell.Id, Sigkill);
        Assert.True(shell.WaitForExit(10_000));
        Assert.True(SpinWait.SpinUntil(() => !ProcessTable.IsAlive(reserve), 5000));
        HostShell.Run(_store, "Remove-Container third").Succeeded();
        Assert.Empty(_store.Leftovers());
    }

    [Fact]
    public void AKilledMonitorIsNotMistakenForARunningContainer()
    {
        var archive = Path.Combine(_store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive);
        HostShell.Run(_store, $"Import-Image '{archive}' | New-Container -Name orphan sleep 300 | Start-Container").Succeeded();
        var monitors = ProcessTable.Using(_store.Root).Where(pid => ProcessTable.CommandLine(pid).Contains("monitor", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(monitors);
        ProcessTable.Kill(monitors);
        Assert.True(SpinWait.SpinUntil(() => !monitors.Any(ProcessTable.IsAlive), 5000));
        // What the monitor can no longer say is told as such, the container can be removed, and nothing of it stays.
        var result = HostShell.Run(_store, """
            "1 $((Get-Container orphan).State)"
            Remove-Container orphan -Force
            "2 $(@(Get-Container).Count)"
            """).Succeeded();
        Assert.DoesNotContain("1 Running", result.Lines);
        Assert.Equal("2 0", result.Lines[1]);
        Assert.Empty(_store.Leftovers());
    }

    public void Dispose() => _store.Dispose();
}
