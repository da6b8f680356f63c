using ContainerTools.TestSupport;
using static ContainerTools.Host.Tests.Networks.NetworkedHost;

namespace ContainerTools.Host.Tests.Networks;

[Collection(MachineCollection.Name)]
public sealed class FaultTests(NetworkedHost host) : IClassFixture<NetworkedHost>
{
    [Fact]
    public void APoolThatRunsOutIsAClearErrorAndComesBack()
    {
        var lines = host.Script("""
            $null = New-ContainerNetwork tiny -Subnet 10.74.0.0/29
            $all = 1..6 | ForEach-Object { New-Container busybox -Name "c$_" -Network tiny sleep 1000 }
            $all[0..4] | Start-Container
            Attempt { Start-Container c6 }
            Stop-Container c1 -Timeout 0
            Attempt { Start-Container c6 }
            (Get-Container c6).IPAddress.ToString()
            Get-Container | Remove-Container -Force
            Remove-ContainerNetwork tiny
            """);
        Assert.StartsWith("AddressesExhausted|ResourceUnavailable|No address is left for the container 'c6' on 'tiny' (10.74.0.0/29).", lines[0], StringComparison.Ordinal);
        Assert.Equal(["no error", "10.74.0.2"], lines.Skip(1));
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void ABridgeAndATableThatSomebodyRemovedAreMadeAgain()
    {
        var bridge = host.Script($"""
            $null = New-Container busybox -Name web -Network bridge -Publish 8060:80 -- {Server("first")} | Start-Container
            (Get-ContainerNetwork bridge).Interface
            """)[0];
        Assert.Equal("first", Fetch(host.Outside, Address, 8060));
        host.Host.Shell($"ip link del {bridge}; nft flush ruleset");
        Assert.False(Reaches(host.Outside, Address, 8060));
        host.Script($"$null = New-Container busybox -Name second -Network bridge -Publish 8061:80 -- {Server("second")} | Start-Container");
        Assert.Equal("second", Fetch(host.Outside, Address, 8061));
        Assert.Equal("first", Fetch(host.Outside, Address, 8060));
        host.Script("Get-Container | Remove-Container -Force");
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void WhatAKilledMonitorLeavesIsCollected()
    {
        host.Script($"""
            $null = New-ContainerNetwork small -Subnet 10.75.0.0/30
            $null = New-Container busybox -Name lost -Network small -Publish 8050:80 -- {Server("lost")} | Start-Container
            """);
        var monitors = ProcessTable.Using(host.Store.Root).Where(pid => ProcessTable.CommandLine(pid).Contains("monitor", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(monitors);
        ProcessTable.Kill(monitors);
        Assert.True(SpinWait.SpinUntil(() => !monitors.Any(ProcessTable.IsAlive), 5000));
        Assert.True(CanBind(host.Host, "0.0.0.0", 8050));
        // The network's only address, and the port, by a shell that has not looked at the lost container.
        var lines = host.Script($"""
            $next = New-Container busybox -Name next -Network small -Publish 8050:80 -- {Server("next")} | Start-Container -PassThru
            "$($next.IPAddress)"
            """);
        Assert.Equal(["10.75.0.2"], lines);
        Assert.Equal("next", Fetch(host.Outside, Address, 8050));
        Assert.Equal(["Exited"], host.Script("(Get-Container lost).State.ToString(); Get-Container | Remove-Container -Force; Remove-ContainerNetwork small"));
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void AContainerThatItsPolicyStartsAgainIsOnItsNetworkAgain()
    {
        host.Script($"$null = New-Container busybox -Name web -Network bridge -RestartPolicy always -Publish 8055:80 -- {Server("again")} | Start-Container");
        Assert.Equal("again", Fetch(host.Outside, Address, 8055));
        var pid = int.Parse(host.Script("(Get-Container web).Pid")[0], System.Globalization.CultureInfo.InvariantCulture);
        ProcessTable.Kill([pid]);
        Assert.True(SpinWait.SpinUntil(() => !ProcessTable.IsAlive(pid), 5000));
        Assert.Equal("again", Fetch(host.Outside, Address, 8055));
        Assert.False(CanBind(host.Host, "0.0.0.0", 8055));
        Assert.Equal(["1", "1"], host.Script("Invoke-ContainerCommand web -- sh -c 'grep -c web /etc/hosts'; @((Get-ContainerNetwork bridge).Endpoints).Count; Remove-Container web -Force"));
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void WithoutNftContainersStillReachEachOtherAndPublishingIsAClearError()
    {
        // Hidden in a mount namespace of the script's own.
        var script = Path.Combine(host.Store.Scratch, "hidden.ps1");
        var nft = host.Host.Shell("readlink -f $(command -v nft)");
        File.WriteAllText(script, $$"""
            $null = New-Container busybox -Name web -Network bridge -WarningVariable warnings -- {{Server("hello")}} 3> $null | Start-Container
            "$warnings"
            Invoke-Container busybox -Network bridge -- sh -c 'timeout 5 wget -q -O - http://web/' 3> $null
            $null = New-Container busybox -Name open -Network bridge -Publish 8040:80 sleep 1000 3> $null
            try { Start-Container open -ErrorAction Stop } catch { "$($_.FullyQualifiedErrorId)|$_" }
            Get-Container | Remove-Container -Force
            """);
        var host2 = HostShell.CommandLine(host.Store, script);
        var result = Command.Run("nsenter", ["--net=" + host.Host.Path, "--", "unshare", "-m", "sh", "-c", $"mount --bind /dev/null {nft}; exec \"$@\"", "sh", .. host2.Arguments], host2.Environment).Succeeded();
        Assert.Contains("'nft' is not installed", result.Lines[0], StringComparison.Ordinal);
        Assert.Contains("nftables", result.Lines[0], StringComparison.Ordinal);
        Assert.Equal("hello", result.Lines[1]);
        Assert.StartsWith("NftNotFound,", result.Lines[2], StringComparison.Ordinal);
        Assert.Contains("Install the package 'nftables'", result.Lines[2], StringComparison.Ordinal);
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void AHundredJoinAndLeaveAtOnceWithAddressesOfTheirOwn()
    {
        var lines = host.Script("""
            $null = New-ContainerNetwork many
            $all = 1..100 | ForEach-Object { New-Container busybox -Name "m$_" -Network many -- sh -c 'sleep 1000' }
            $manager = [ContainerTools.Container].Assembly.GetType('ContainerTools.Engine.Containers.ContainerManager')
            $paths = [ContainerTools.Container].Assembly.GetType('ContainerTools.Engine.Store.StorePaths').GetMethod('FromEnvironment').Invoke($null, @())
            $runtime = Join-Path (Split-Path -Parent (Get-Module ContainerTools).Path) 'ctrun'
            $engine = [Activator]::CreateInstance($manager, @($paths, [string] $runtime))
            $tasks = foreach ($container in $all) { $engine.StartAsync($container, [Threading.CancellationToken]::None) }
            [Threading.Tasks.Task]::WaitAll($tasks)
            $running = Get-Container -State Running
            "running $(@($running).Count)"
            "addresses $(@($running | ForEach-Object { "$($_.IPAddress)" } | Sort-Object -Unique).Count)"
            "known $(Invoke-ContainerCommand m50 -- sh -c 'grep -c "^10\." /etc/hosts')"
            $tasks = foreach ($container in $running) { $engine.RemoveAsync($container, [ContainerTools.Engine.Containers.RemoveContainerOptions] @{ Force = $true }, [Threading.CancellationToken]::None) }
            [Threading.Tasks.Task]::WaitAll($tasks)
            Remove-ContainerNetwork many
            """, TimeSpan.FromMinutes(4));
        Assert.Equal(["running 100", "addresses 100", "known 100"], lines);
        Assert.Equal(host.Before, host.StateAtRest());
    }
}
