@{
    RootModule           = 'bin/ContainerTools.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '6f4c0a52-3a0e-4d0b-9a57-0d1d0c8b7e11'
    Author               = 'ContainerTools maintainers'
    CompanyName          = 'ContainerTools'
    Copyright            = '(c) ContainerTools maintainers'
    Description          = 'Containers, images and volumes as PowerShell objects, without a daemon.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    TypesToProcess       = @('formats/ContainerTools.Types.ps1xml')
    FormatsToProcess     = @('formats/ContainerTools.Format.ps1xml')
    FunctionsToExport    = @()
    CmdletsToExport      = @(
        'Add-ImageTag'
        'Build-Image'
        'Compare-Container'
        'Connect-ContainerNetwork'
        'Connect-ImageRegistry'
        'Copy-ContainerItem'
        'Copy-Image'
        'Disconnect-ContainerNetwork'
        'Disconnect-ImageRegistry'
        'Enter-Container'
        'Export-Container'
        'Export-Image'
        'Find-Image'
        'Get-Container'
        'Get-ContainerDiskUsage'
        'Get-ContainerEvent'
        'Get-ContainerHost'
        'Get-ContainerLog'
        'Get-ContainerNetwork'
        'Get-ContainerProcess'
        'Get-ContainerStatistics'
        'Get-Image'
        'Get-ImageHistory'
        'Get-ImageLayer'
        'Get-Volume'
        'Import-Image'
        'Invoke-Container'
        'Invoke-ContainerCommand'
        'New-Container'
        'New-ContainerNetwork'
        'New-Image'
        'New-Volume'
        'Optimize-ContainerStorage'
        'Publish-Image'
        'Remove-Container'
        'Remove-ContainerNetwork'
        'Remove-Image'
        'Remove-Volume'
        'Rename-Container'
        'Restart-Container'
        'Resume-Container'
        'Save-Image'
        'Send-ContainerSignal'
        'Set-Container'
        'Start-Container'
        'Stop-Container'
        'Suspend-Container'
        'Wait-Container'
    )
    AliasesToExport      = @()
    VariablesToExport    = @()
    PrivateData          = @{
        PSData = @{
            Tags = @('containers', 'oci', 'docker', 'images', 'linux', 'PSEdition_Core', 'Linux')
        }
    }
}
