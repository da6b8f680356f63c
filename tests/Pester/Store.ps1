# Dot-sourced at the beginning of each file's BeforeAll: a store of its own with a small image in it, and the module. Remove-TestStore takes it all away.
$root = Split-Path -Parent (Split-Path -Parent $PSScriptRoot)
$work = Join-Path ([IO.Path]::GetTempPath()) "ct-pester-$PID-$([IO.Path]::GetRandomFileName())"
$saved = @{}
foreach ($name in 'CONTAINERTOOLS_ROOT', 'CONTAINERTOOLS_RUNROOT', 'DOCKER_CONFIG') {
    $saved[$name] = [Environment]::GetEnvironmentVariable($name)
}
$env:CONTAINERTOOLS_ROOT = Join-Path $work 'root'
$env:CONTAINERTOOLS_RUNROOT = Join-Path $work 'run'
$env:DOCKER_CONFIG = Join-Path $work 'docker'
New-Item -ItemType Directory -Force $work | Out-Null
Import-Module (Join-Path $root 'ContainerTools.psd1') -Force
# This machine gets no links and rules; networks have tests on hosts of their own.
$global:PSDefaultParameterValues['*-Container:Network'] = 'none'
$global:PSDefaultParameterValues['Build-Image:Network'] = 'none'

# Debian's busybox-static is the image's only file, under the names that the tests call it by.
$image = 'test/busybox:1'
& (Join-Path $root 'examples/New-StaticImage.ps1') -Program (Get-Command busybox).Source -Name $image -Path (Join-Path $work 'busybox.tar') `
    -Directory 'bin', 'tmp', 'data' -Command 'sh' | Import-Image | Out-Null

function Remove-TestStore {
    Get-Container | Remove-Container -Force
    Get-ContainerNetwork | Where-Object Name -ne bridge | Remove-ContainerNetwork
    foreach ($name in '*-Container:Network', 'Build-Image:Network') {
        $global:PSDefaultParameterValues.Remove($name)
    }
    Remove-Item -Recurse -Force $work
    # What all containers of the machine have in common, unless somebody else has some.
    Get-Item /sys/fs/cgroup/*/containertools/monitors, /sys/fs/cgroup/*/containertools, /sys/fs/cgroup/containertools -ErrorAction Ignore |
        ForEach-Object { try { [IO.Directory]::Delete($_.FullName) } catch [IO.IOException] { } }
    foreach ($name in $saved.Keys) {
        [Environment]::SetEnvironmentVariable($name, $saved[$name])
    }
    Remove-Module ContainerTools
}
