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
    FormatsToProcess     = @()
    FunctionsToExport    = @()
    CmdletsToExport      = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
}
