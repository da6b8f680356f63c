<#
.SYNOPSIS
    Makes an image of one static program: an OCI archive with a single layer.
.DESCRIPTION
    What an image is, in fifty lines: a layer (a compressed tar), a config that says how to run it and names the layer by the digest
    of the plain tar, a manifest that names both by the digests of what is stored, and an index that names the manifest.
.EXAMPLE
    ./New-StaticImage.ps1 -Program ./hello -Name example/hello:1.0 -Path hello.tar | Import-Image
#>
param(
    [Parameter(Mandatory)] [string] $Program,
    [Parameter(Mandatory)] [string] $Name,
    [Parameter(Mandatory)] [string] $Path,
    [string[]] $Command = @(),
    [hashtable] $Environment = @{},
    [string[]] $Directory = @('tmp'),
    [string] $User = ''
)

$ErrorActionPreference = 'Stop'
$created = '2024-01-01T00:00:00Z'   # fixed, so that the same program gives the same image

function Get-Digest([byte[]] $Bytes) {
    'sha256:' + [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($Bytes)).ToLowerInvariant()
}

function Add-Entry($Writer, [string] $EntryName, $Type, [int] $Mode, [IO.Stream] $Data) {
    $entry = [Formats.Tar.PaxTarEntry]::new($Type, $EntryName)
    $entry.Mode = [IO.UnixFileMode] $Mode
    $entry.ModificationTime = [DateTimeOffset]::Parse($created)
    if ($Data) {
        $entry.DataStream = $Data
    }
    $Writer.WriteEntry($entry)
}

# The layer: a tar, and the same compressed.
$tar = [IO.MemoryStream]::new()
$writer = [Formats.Tar.TarWriter]::new($tar, $true)
foreach ($folder in $Directory) {
    Add-Entry $writer "$folder/" Directory 0x3FF $null   # octal 1777: anybody may write, each removes only his own
}
$programName = [IO.Path]::GetFileName($Program)
$file = [IO.File]::OpenRead((Resolve-Path $Program).ProviderPath)
Add-Entry $writer $programName RegularFile 0x1ED $file    # octal 0755
$file.Dispose()
$writer.Dispose()
$plain = $tar.ToArray()
$packed = [IO.MemoryStream]::new()
$gzip = [IO.Compression.GZipStream]::new($packed, [IO.Compression.CompressionLevel]::Fastest, $true)
$gzip.Write($plain, 0, $plain.Length)
$gzip.Dispose()
$layer = $packed.ToArray()

$architecture = @{ X64 = 'amd64'; Arm64 = 'arm64' }["$([Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture)"]
$config = [Text.Encoding]::UTF8.GetBytes(([ordered]@{
    created      = $created
    architecture = $architecture
    os           = 'linux'
    config       = [ordered]@{
        Entrypoint = @("/$programName")
        Cmd        = @($Command)
        Env        = @($Environment.Keys | Sort-Object | ForEach-Object { "$_=$($Environment[$_])" })
        User       = $User
        WorkingDir = '/'
    }
    rootfs       = [ordered]@{ type = 'layers'; diff_ids = @(Get-Digest $plain) }
    history      = @([ordered]@{ created = $created; created_by = "New-StaticImage.ps1 $programName" })
} | ConvertTo-Json -Depth 10 -Compress))

function Get-Descriptor([string] $MediaType, [byte[]] $Bytes) {
    [ordered]@{ mediaType = $MediaType; digest = Get-Digest $Bytes; size = $Bytes.Length }
}

$manifest = [Text.Encoding]::UTF8.GetBytes(([ordered]@{
    schemaVersion = 2
    mediaType     = 'application/vnd.oci.image.manifest.v1+json'
    config        = Get-Descriptor 'application/vnd.oci.image.config.v1+json' $config
    layers        = @(Get-Descriptor 'application/vnd.oci.image.layer.v1.tar+gzip' $layer)
} | ConvertTo-Json -Depth 10 -Compress))

$entryOfIndex = Get-Descriptor 'application/vnd.oci.image.manifest.v1+json' $manifest
$entryOfIndex.annotations = [ordered]@{ 'org.opencontainers.image.ref.name' = $Name }
$index = [Text.Encoding]::UTF8.GetBytes(([ordered]@{ schemaVersion = 2; manifests = @($entryOfIndex) } | ConvertTo-Json -Depth 10 -Compress))
$layout = [Text.Encoding]::UTF8.GetBytes('{"imageLayoutVersion":"1.0.0"}')

# The archive: the layout's files in a tar.
$target = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
$output = [IO.File]::Create($target)
$archive = [Formats.Tar.TarWriter]::new($output, $false)
Add-Entry $archive 'oci-layout' RegularFile 0x1A4 ([IO.MemoryStream]::new($layout))
Add-Entry $archive 'index.json' RegularFile 0x1A4 ([IO.MemoryStream]::new($index))
foreach ($blob in $config, $layer, $manifest) {
    Add-Entry $archive ('blobs/sha256/' + (Get-Digest $blob).Substring(7)) RegularFile 0x1A4 ([IO.MemoryStream]::new([byte[]] $blob))
}
$archive.Dispose()
Get-Item -LiteralPath $target
