<#
.SYNOPSIS
    Builds, tests and packages ContainerTools. Runs in PowerShell and in the project's own host.
.DESCRIPTION
    dotnet run --project src/ContainerTools.Host -- build.ps1 Package

    Build    compiles everything in the given configuration; the clone is then an importable module.
    Test     runs all tests (as root; it needs the peers that .ci/run installs).
    Package  builds a release and copies the module, without symbols, to a directory named as module paths want it.
.PARAMETER Task
    Build, Test or Package.
.PARAMETER Configuration
    Debug or Release. A package is always a release.
.PARAMETER OutputPath
    Where Package puts the directory ContainerTools/<version>; by default 'artifacts' beside this script.
#>
param(
    [ValidateSet('Build', 'Test', 'Package')]
    [string] $Task = 'Build',
    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Debug',
    [string] $OutputPath = ''
)
$ErrorActionPreference = 'Stop'
$solution = Join-Path $PSScriptRoot 'ContainerTools.sln'

function Invoke-Dotnet {
    & dotnet @args | ForEach-Object { Write-Host $_ }
    if ($LASTEXITCODE -ne 0) {
        throw "'dotnet $args' failed with exit code $LASTEXITCODE."
    }
}

if ($Task -eq 'Test') {
    Invoke-Dotnet test $solution --configuration $Configuration
    return
}
if ($Task -eq 'Build') {
    Invoke-Dotnet build $solution --configuration $Configuration
    return
}

# Not the whole solution: the host that runs this script cannot be replaced while it runs, and is no part of the module.
Invoke-Dotnet build (Join-Path $PSScriptRoot 'src/ContainerTools/ContainerTools.csproj') --configuration Release
$manifest = & ([scriptblock]::Create([IO.File]::ReadAllText((Join-Path $PSScriptRoot 'ContainerTools.psd1'))))
if (-not $OutputPath) {
    $OutputPath = Join-Path $PSScriptRoot 'artifacts'
}
$target = Join-Path (Join-Path $OutputPath 'ContainerTools') $manifest.ModuleVersion
if (Test-Path -LiteralPath $target) {
    Remove-Item -LiteralPath $target -Recurse -Force
}
New-Item -ItemType Directory -Path $target -Force | Out-Null
foreach ($item in 'ContainerTools.psd1', 'README.md', 'bin', 'formats', 'en-US', 'examples') {
    $source = Join-Path $PSScriptRoot $item
    if (Test-Path -LiteralPath $source) {
        Copy-Item -LiteralPath $source -Destination (Join-Path $target $item) -Recurse
    }
}
# The units name the place where modules for all users lie.
$units = @{ 'containertools.service' = 'systemd/containertools.service'; 'containertools-user.service' = 'systemd/user/containertools.service' }
New-Item -ItemType Directory -Path (Join-Path $target 'systemd/user') -Force | Out-Null
foreach ($name in $units.Keys) {
    $unit = [IO.File]::ReadAllText((Join-Path $PSScriptRoot "src/ContainerTools.Runtime/$name")).Replace('@VERSION@', $manifest.ModuleVersion)
    [IO.File]::WriteAllText((Join-Path $target $units[$name]), $unit)
}
foreach ($symbols in [IO.Directory]::GetFiles($target, '*.pdb', 'AllDirectories')) {
    [IO.File]::Delete($symbols)
}
Get-Item -LiteralPath $target
