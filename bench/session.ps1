# The part of bench/run that runs in a PowerShell session: session.ps1 start | save | network | pull | import | list | clean
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

# Starts the peer's command line and waits: what a script that calls it pays, less PowerShell's own handling of output.
function RunPeer {
    $line = [IO.File]::ReadAllLines($env:BENCH_PEER)
    $start = [Diagnostics.ProcessStartInfo]::new($line[0])
    $start.RedirectStandardOutput = $true
    foreach ($argument in ($line | Select-Object -Skip 1)) { $start.ArgumentList.Add($argument) }
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $process = [Diagnostics.Process]::Start($start)
    $null = $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    $clock.Stop()
    if ($process.ExitCode -ne 0) { throw "the peer exited with $($process.ExitCode)" }
    return $clock
}

switch ($What) {
    'start' {
        $null = Save-Image $image
        # Warm: the first rounds compile code and fill caches, the peer's too.
        for ($i = -5; $i -lt $rounds; $i++) {
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
        for ($i = -5; $i -lt $rounds; $i++) {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            New-Container $image -Publish 18080:80 true 3> $null | Start-Container -PassThru | Wait-Container | Remove-Container
            $clock.Stop()
            $peer = RunPeer
            if ($i -ge 0) {
                Report 'ours' $clock
                Report 'podman' $peer
            }
        }
        # The bridge goes a few seconds after the last container.
        Start-Sleep 5
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
    'clean' {
        Get-Container | Remove-Container -Force
    }
    default { throw "session.ps1 measures start, network, pull, import or list, not '$What'" }
}
