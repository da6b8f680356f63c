<#
.SYNOPSIS
    Writes the cmdlets' help (MAML), which Get-Help reads, from the code's own comments and help/Examples.psd1.
#>
param(
    [string] $Module = (Join-Path (Split-Path -Parent $PSScriptRoot) 'ContainerTools.psd1'),
    [string] $Path = (Join-Path $PSScriptRoot 'en-US/ContainerTools.dll-Help.xml')
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Module ContainerTools)) {
    Import-Module $Module
}
$examples = & ([scriptblock]::Create((Get-Content -Raw (Join-Path $PSScriptRoot 'Examples.psd1'))))
$comments = @{}
$documentation = [xml] (Get-Content -Raw (Join-Path (Split-Path -Parent $Module) 'bin/ContainerTools.xml'))
foreach ($member in $documentation.doc.members.member) {
    $summary = $member.SelectSingleNode('summary')
    if ($summary) {
        $comments[$member.name] = ($summary.InnerText -replace '\s+', ' ').Trim()
    }
}

function Format-Xml([string] $Text) { [Security.SecurityElement]::Escape($Text) }
function Format-Paragraph([string] $Text) { "<maml:para>$(Format-Xml $Text)</maml:para>" }

function Get-TypeText([type] $Type) {
    $inner = [Nullable]::GetUnderlyingType($Type)
    if ($inner) { return Get-TypeText $inner }
    if ($Type.IsArray) { return (Get-TypeText $Type.GetElementType()) + '[]' }
    return $Type.Name
}

function Format-Parameter($Command, $Parameter, [bool] $WithType) {
    $text = $everywhere[$Parameter.Name]
    if (-not $text) {
        $property = $Command.ImplementingType.GetProperty($Parameter.Name)
        $text = $comments["P:$($property.DeclaringType.FullName).$($property.Name)"]
    }
    $input = @(
        if ($Parameter.ValueFromPipeline) { 'ByValue' }
        if ($Parameter.ValueFromPipelineByPropertyName) { 'ByPropertyName' }
    ) -join ', '
    $pipeline = if ($input) { "True ($input)" } else { 'False' }
    $position = if ($Parameter.Position -ge 0) { $Parameter.Position } else { 'named' }
    $aliases = if ($Parameter.Aliases) { $Parameter.Aliases -join ', ' } else { 'none' }
    $isSwitch = $Parameter.ParameterType.Name -eq 'SwitchParameter'
    $type = Get-TypeText $Parameter.ParameterType
    $globbing = "$(@($Command.Parameters[$Parameter.Name].Attributes.Where({ $_ -is [Management.Automation.SupportsWildcardsAttribute] })).Count -gt 0)".ToLowerInvariant()
    $required = "$($Parameter.IsMandatory)".ToLowerInvariant()
    "<command:parameter required=""$required"" variableLength=""true"" globbing=""$globbing"" pipelineInput=""$pipeline"" position=""$position"" aliases=""$aliases"">"
    "<maml:name>$($Parameter.Name)</maml:name><maml:description>$(Format-Paragraph $text)</maml:description>"
    if (-not $isSwitch) {
        "<command:parameterValue required=""true"" variableLength=""false"">$(Format-Xml $type)</command:parameterValue>"
    }
    if ($WithType) {
        "<dev:type><maml:name>$(Format-Xml $type)</maml:name><maml:uri /></dev:type><dev:defaultValue>None</dev:defaultValue>"
    }
    '</command:parameter>'
}

$everywhere = @{ WhatIf = 'Says what would be done, and does nothing.'; Confirm = 'Asks before each change.' }
$hidden = [Management.Automation.Cmdlet]::CommonParameters + 'C'
$lines = @(
    '<?xml version="1.0" encoding="utf-8"?>'
    '<helpItems schema="maml" xmlns="http://msh">'
    foreach ($command in Get-Command -Module ContainerTools -CommandType Cmdlet | Sort-Object Name) {
        $extra = $examples[$command.Name]
        if (-not $extra) { throw "help/Examples.psd1 has nothing for $($command.Name)." }
        # Every set's: what is mandatory in one may be missing from another.
        $parameters = @($command.ParameterSets.Parameters | Where-Object { $_.Name -notin $hidden } | Group-Object Name | ForEach-Object { $_.Group[0] })
        $parameters = @($parameters | Where-Object Position -ge 0 | Sort-Object Position) + @($parameters | Where-Object Position -lt 0 | Sort-Object Name)
        '<command:command xmlns:maml="http://schemas.microsoft.com/maml/2004/10" xmlns:command="http://schemas.microsoft.com/maml/dev/command/2004/10" xmlns:dev="http://schemas.microsoft.com/maml/dev/2004/10">'
        "<command:details><command:name>$($command.Name)</command:name><command:verb>$($command.Verb)</command:verb><command:noun>$($command.Noun)</command:noun>"
        "<maml:description>$(Format-Paragraph $comments["T:$($command.ImplementingType.FullName)"])</maml:description></command:details>"
        "<maml:description>$(Format-Paragraph $extra.Description)</maml:description>"
        "<command:syntax><command:syntaxItem><maml:name>$($command.Name)</maml:name>"
        # What the pipeline alone gives is described, but is none to type.
        foreach ($parameter in $parameters | Where-Object Name -ne 'InputObject') { Format-Parameter $command $parameter $false }
        '</command:syntaxItem></command:syntax><command:parameters>'
        foreach ($parameter in $parameters) { Format-Parameter $command $parameter $true }
        '</command:parameters><command:inputTypes /><command:returnValues>'
        foreach ($output in $command.OutputType) {
            "<command:returnValue><dev:type><maml:name>$($output.Name)</maml:name></dev:type></command:returnValue>"
        }
        '</command:returnValues><command:examples>'
        $number = 0
        foreach ($example in $extra.Examples) {
            $number++
            "<command:example><maml:title>Example $number</maml:title><dev:code>$(Format-Xml $example.Code)</dev:code><dev:remarks>$(Format-Paragraph $example.Text)</dev:remarks></command:example>"
        }
        '</command:examples></command:command>'
    }
    '</helpItems>'
)
New-Item -ItemType Directory -Force -Path (Split-Path -Parent $Path) | Out-Null
Set-Content -Path $Path -Value $lines
