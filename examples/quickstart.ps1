<#
.SYNOPSIS
    From a program to running containers, in one script: no registry and no network.
.DESCRIPTION
    dotnet run --project src/ContainerTools.Host -- examples/quickstart.ps1

    Makes a small image of a static program, imports it, and runs containers from it with a volume. Everything is kept in a
    store of its own, which is removed at the end.
#>
$ErrorActionPreference = 'Stop'
$root = Split-Path -Parent $PSScriptRoot
$work = Join-Path ([IO.Path]::GetTempPath()) "containertools-quickstart-$PID"
$env:CONTAINERTOOLS_ROOT = Join-Path $work 'store'
$env:CONTAINERTOOLS_RUNROOT = Join-Path $work 'run'

function Show-Step([string] $Text) {
    Write-Host ''
    Write-Host "PS> $Text" -ForegroundColor Cyan
}

try {
    New-Item -ItemType Directory -Path $work -Force | Out-Null

    Write-Host 'Compiling the example program (one static file) ...'
    $log = dotnet publish (Join-Path $root 'examples/Guestbook') -c Release -o (Join-Path $work 'program') -v quiet -nologo 2>&1
    if ($LASTEXITCODE -ne 0) {
        throw "The example program did not compile:`n$($log -join "`n")"
    }

    $archive = & (Join-Path $PSScriptRoot 'New-StaticImage.ps1') -Program (Join-Path $work 'program/guestbook') -Name 'example/guestbook:1.0' `
        -Path (Join-Path $work 'guestbook.tar') -Command 'look' -Environment @{ GREETING = 'hello' } -Directory 'data', 'tmp'

    Show-Step 'Import-Image guestbook.tar'
    $image = Import-Image $archive.FullName
    $image | Out-Host

    Show-Step "Invoke-Container example/guestbook:1.0 -Network none -Environment @{ GREETING = 'good morning' }"
    Invoke-Container example/guestbook:1.0 -Network none -Environment @{ GREETING = 'good morning' } | Out-Host

    Show-Step "Invoke-Container example/guestbook:1.0 -Network none -Volume data:/data -- sign 'Ada Lovelace'"
    Invoke-Container example/guestbook:1.0 -Network none -Volume data:/data -- sign 'Ada Lovelace' | Out-Host

    Show-Step '$image | New-Container -Name web -Network none -Volume data:/data -Memory 64MB serve | Start-Container -PassThru'
    $image | New-Container -Name web -Network none -Volume data:/data -Memory 64MB serve | Start-Container -PassThru | Out-Host

    Show-Step 'Invoke-ContainerCommand web -- /guestbook sign Charles Babbage'
    Invoke-ContainerCommand web -- /guestbook sign Charles Babbage | Out-Host

    Show-Step 'Invoke-ContainerCommand web -- /guestbook read'
    Invoke-ContainerCommand web -- /guestbook read | Out-Host

    Start-Sleep -Seconds 1
    Show-Step 'Get-Container | Where-Object State -eq Running | Stop-Container -Timeout 2'
    Get-Container | Where-Object State -eq Running | Stop-Container -Timeout 2

    Show-Step 'Get-Container'
    Get-Container | Out-Host

    Show-Step 'Get-ContainerLog web'
    Get-ContainerLog web | Out-Host

    Show-Step 'Get-Container web | Remove-Container'
    Get-Container web | Remove-Container

    Show-Step 'Get-Volume data   # it outlives the containers that wrote to it'
    Get-Volume data | Out-Host

    Show-Step 'Remove-Volume data; Remove-Image example/guestbook:1.0'
    Remove-Volume data
    Remove-Image example/guestbook:1.0
    Write-Host 'Done: nothing is left.'
}
finally {
    Get-Container -ErrorAction SilentlyContinue | Remove-Container -Force -ErrorAction SilentlyContinue
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
}
