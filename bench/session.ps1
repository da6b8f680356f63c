# The part of bench/run that runs in a PowerShell session: session.ps1 start | save | network | burst | serve | transfer | result | inside | monitor | pull | import | list | build | diff | push | clean
# Writes lines "NAME MILLISECONDS". What to measure comes in BENCH_* variables.
param([string] $What)
$ErrorActionPreference = 'Stop'
$manifest = [IO.Path]::GetFullPath("$PSScriptRoot/../ContainerTools.psd1")

if ($What -eq 'import') {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    Import-Module $manifest
    [Console]::WriteLine('import ' + $clock.Elapsed.TotalMilliseconds.ToString('F1', [cultureinfo]::InvariantCulture))
    exit 0
}

Import-Module $manifest
$image = $env:BENCH_IMAGE
$rounds = if ($env:BENCH_ROUNDS) { [int] $env:BENCH_ROUNDS } else { 10 }

function Report([string] $Name, [Diagnostics.Stopwatch] $Clock) {
    [Console]::WriteLine($Name + ' ' + $Clock.Elapsed.TotalMilliseconds.ToString('F2', [cultureinfo]::InvariantCulture))
}

# Starts a peer's command line and waits: what a script that calls it pays, less PowerShell's own handling of output.
function RunPeer([string] $File = $env:BENCH_PEER) {
    $line = [IO.File]::ReadAllLines($File)
    $start = [Diagnostics.ProcessStartInfo]::new($line[0])
    $start.RedirectStandardOutput = $true
    foreach ($argument in ($line | Select-Object -Skip 1)) { $start.ArgumentList.Add($argument) }
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $process = [Diagnostics.Process]::Start($start)
    $null = $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    $clock.Stop()
    if ($process.ExitCode -ne 0) { throw "the peer exited with $($process.ExitCode)" }
    # What it has left behind still runs: podman's conmon starts another podman that cleans up.
    Start-Sleep -Milliseconds 500
    return $clock
}

# What runs thirty times is compiled twice more, on a thread of its own, and counted again from then on. Before that is at an end, every round shares the processors with it.
function WarmUp([scriptblock] $Round) {
    for ($pass = 0; $pass -lt 4; $pass++) {
        for ($i = 0; $i -lt 60; $i++) { & $Round }
        Start-Sleep 3
    }
}

switch ($What) {
    'start' {
        $null = Save-Image $image
        WarmUp { New-Container $image -Network none true | Start-Container -PassThru | Wait-Container | Remove-Container }
        for ($i = -3; $i -lt $rounds; $i++) {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            New-Container $image -Network none true | Start-Container -PassThru | Wait-Container | Remove-Container
            $clock.Stop()
            $peer = RunPeer
            if ($i -ge 0) {
                Report 'ours' $clock
                Report 'podman' $peer
            }
        }
    }
    'save' {
        $null = Save-Image $image
    }
    'network' {
        WarmUp { New-Container $image -Publish 18080:80 true 3> $null | Start-Container -PassThru | Wait-Container | Remove-Container }
        $peers = $env:BENCH_PEERS -split ' '
        foreach ($file in $peers) { $null = RunPeer $file }
        for ($i = 0; $i -lt $rounds; $i++) {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            New-Container $image -Publish 18080:80 true 3> $null | Start-Container -PassThru | Wait-Container | Remove-Container
            $clock.Stop()
            Report 'ours' $clock
            foreach ($file in $peers) { Report ([IO.Path]::GetFileNameWithoutExtension($file)) (RunPeer $file) }
        }
        # The bridge goes a few seconds after the last container.
        Start-Sleep 5
    }
    'burst' {
        $containers = for ($i = 0; $i -lt [int] $env:BENCH_CONTAINERS; $i++) { New-Container $image sleep 1000 3> $null }
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $containers | Start-Container -ThrottleLimit $containers.Count
        $clock.Stop()
        $addresses = (Get-Container -State Running).IPAddress | Sort-Object -Unique
        if (@($addresses).Count -ne $containers.Count) { throw "$(@($addresses).Count) addresses of $($containers.Count) containers" }
        Report 'ours' $clock
        $containers | Remove-Container -Force
        Start-Sleep 5
    }
    'serve' {
        $server = New-Container $image -Name server -Publish 15201:5201 -- iperf3 -s 3> $null | Start-Container -PassThru
        [Console]::WriteLine($server.IPAddress)
    }
    'transfer' {
        # Without this session: it would compile its code beside the transfer.
        $null = New-Container $image -Name client -- iperf3 -J -t $env:BENCH_SECONDS -c $env:BENCH_SERVER | Start-Container
    }
    'result' {
        $client = Wait-Container client
        ($client | Get-ContainerLog).Message
        $client | Remove-Container
    }
    'inside' {
        $null = Save-Image $image
        $container = New-Container $image -Network none -- /bin/busybox sleep 1000 | Start-Container -PassThru
        for ($i = -5; $i -lt $rounds; $i++) {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            Invoke-ContainerCommand $container true
            $clock.Stop()
            $peer = RunPeer
            if ($i -ge 0) {
                Report 'ours' $clock
                Report 'podman' $peer
            }
        }
        $container | Remove-Container -Force
    }
    'monitor' {
        $null = Save-Image $image
        $running = @(1..20 | ForEach-Object { New-Container $image -Network none -- /bin/busybox sleep 1000 } | Start-Container -PassThru)
        # A monitor begins anew after a second.
        Start-Sleep 3
        $sizes = foreach ($container in $running) {
            $monitor = [IO.File]::ReadAllText("/proc/$($container.Pid)/stat").Split(' ')[3]
            [int] ([IO.File]::ReadAllLines("/proc/$monitor/smaps_rollup") | Where-Object { $_.StartsWith('Pss:') }).Split(' ', [StringSplitOptions]::RemoveEmptyEntries)[1]
        }
        [Console]::WriteLine("$(($sizes | Sort-Object)[$sizes.Count / 2]) $($running.Count)")
        $running | Remove-Container -Force
    }
    'pull' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $null = Save-Image $image
        Report 'ours' $clock
    }
    'list' {
        $null = Save-Image $image
        for ($i = 0; $i -lt [int] $env:BENCH_CONTAINERS; $i++) { $null = New-Container $image -Network none true }
        for ($i = -3; $i -lt $rounds; $i++) {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $found = Get-Container
            $clock.Stop()
            if ($found.Count -lt [int] $env:BENCH_CONTAINERS) { throw "Get-Container found $($found.Count)" }
            $peer = RunPeer
            if ($i -ge 0) {
                Report 'ours' $clock
                Report 'podman' $peer
            }
        }
        Get-Container | Remove-Container -Force
    }
    'build' {
        $null = Save-Image $image | Add-ImageTag -Tag docker.io/library/debian:bookworm-slim
        foreach ($name in 'ours', 'ours-cached') {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            foreach ($context in (Get-ChildItem -Directory $env:BENCH_CONTEXTS)) {
                $null = Build-Image $context.FullName -Tag "bench/$($context.Name):1" -Network none -WarningAction SilentlyContinue
            }
            $clock.Stop()
            Report $name $clock
        }
        $peak = [IO.File]::ReadAllLines('/proc/self/status') | Where-Object { $_.StartsWith('VmHWM') }
        [Console]::WriteLine('memory ' + [int] ([long] ($peak -replace '\D') / 1024))
    }
    'diff' {
        $container = Save-Image $image | New-Container -Name diff -Network none -Command busybox, sh, -c, 'cd /d; for file in *; do echo changed >> $file; done' | Start-Container -PassThru | Wait-Container
        for ($i = -1; $i -lt $rounds; $i++) {
            # Other content each time: what is there already need not be stored again.
            $null = $container | Start-Container -PassThru | Wait-Container
            # What the container has written is not the image's to wait for.
            sync
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $null = New-Image diff -Tag "bench/diff:$([Math]::Abs($i))"
            $clock.Stop()
            if ($i -ge 0) { Report 'ours' $clock }
        }
        Remove-Container diff
    }
    'push' {
        $null = Get-Image $image | Add-ImageTag -Tag $env:BENCH_DESTINATION
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $null = Publish-Image $env:BENCH_DESTINATION
        $clock.Stop()
        Report 'ours' $clock
    }
    'clean' {
        Get-Container | Remove-Container -Force
    }
    default { throw "session.ps1 measures start, network, burst, inside, monitor, pull, import, list, build, diff or push, not '$What'" }
}
