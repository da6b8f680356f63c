#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# The main job as a user does it, in a real pwsh: an image from an archive or a registry, containers, logs, volumes.

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
}

AfterAll {
    Remove-TestStore
}

Describe 'The module' {
    It 'is imported in at most 120 ms' {
        $manifest = Join-Path $root 'ContainerTools.psd1'
        $times = 1..5 | ForEach-Object {
            [double] (pwsh -NoProfile -NonInteractive -Command "
                `$p = [Diagnostics.Process]::GetCurrentProcess()
                `$before = `$p.TotalProcessorTime
                Import-Module '$manifest'
                `$p.Refresh()
                (`$p.TotalProcessorTime - `$before).TotalMilliseconds")
        }
        # Processor time, which is what the import takes on an idle machine: the clock would measure what else runs here.
        ($times | Sort-Object)[2] | Should -BeLessOrEqual 120
    }

    It 'exports only cmdlets, and types resolve' {
        (Get-Command -Module ContainerTools).CommandType | Sort-Object -Unique | Should -Be 'Cmdlet'
        [ContainerTools.Container].Assembly.GetName().Name | Should -Be 'ContainerTools.Engine'
    }
}

Describe 'A pipeline from an image to a running container' {
    AfterEach {
        Get-Container | Remove-Container -Force
        Get-Volume | Remove-Volume
    }

    It 'runs, is looked into, stopped, read and removed' {
        $web = Get-Image $image | New-Container -Name web -Volume data:/data -Environment @{ A = 'b c' } sleep 300 | Start-Container -PassThru
        $web.State | Should -Be 'Running'
        Invoke-ContainerCommand web -- /busybox sh -c 'echo "$A"; echo kept > /data/file' | Should -Be 'b c'
        $LASTEXITCODE | Should -Be 0

        Get-Container | Where-Object State -EQ Running | Stop-Container -Timeout 1
        (Get-Container web).State | Should -Be 'Exited'
        { Remove-Image $image -ErrorAction Stop } | Should -Throw -ErrorId 'ImageInUse*'
        Get-Container web | Remove-Container
        Get-Content (Join-Path (Get-Volume data).MountPoint file) | Should -Be 'kept'
        Remove-Volume data
        Get-Volume | Should -BeNullOrEmpty
    }

    It 'keeps a log with streams and times' {
        New-Container $image -Name log -- sh -c 'echo one; echo two >&2' | Start-Container -PassThru | Wait-Container | ForEach-Object ExitCode | Should -Be 0
        $log = Get-ContainerLog log
        ($log | Where-Object Stream -EQ Output).Message | Should -Be 'one'
        ($log | Where-Object Stream -EQ Error).Message | Should -Be 'two'
        $log[0].Time | Should -BeGreaterThan ([DateTimeOffset]::Now.AddMinutes(-1))
        (Get-ContainerLog log -Tail 1).Count | Should -Be 1
    }

    It 'stops following when the reader has enough' {
        New-Container $image -Name chatty -- sh -c 'while true; do echo line; /busybox sleep 0.1; done' | Start-Container
        $watch = [Diagnostics.Stopwatch]::StartNew()
        (Get-ContainerLog chatty -Follow | Select-Object -First 3).Count | Should -Be 3
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 20
    }
}

Describe 'Invoke-Container' {
    It 'gives lines, errors and the exit code as a native command does' {
        $ErrorActionPreference = 'Stop'
        $output = Invoke-Container $image -- sh -c 'echo out; echo err >&2; exit 3' 2>&1
        $LASTEXITCODE | Should -Be 3
        $output | Where-Object { $_ -is [string] } | Should -Be 'out'
        $output | Where-Object { $_ -is [Management.Automation.ErrorRecord] } | ForEach-Object ToString | Should -Be 'err'
        Get-Container | Should -BeNullOrEmpty
    }

    It 'ends its container when the pipeline has enough' {
        Invoke-Container $image -- sh -c 'while true; do echo y; /busybox sleep 0.1; done' | Select-Object -First 1 | Should -Be 'y'
        Get-Container | Should -BeNullOrEmpty
    }
}

Describe 'What users see' {
    It 'is a table with readable sizes and ages, over typed properties' {
        $text = Get-Image | Out-String
        $text | Should -Match 'Repository\s+Tag\s+Id\s+Created\s+Size'
        $text | Should -Match '\d+(\.\d+)? (KB|MB)'
        (Get-Image).Size | Should -BeOfType [long]
        Get-ContainerHost | Out-String | Should -Match 'Kernel\s+: \d'
    }

    It 'names what was asked for in an error, with an id of its own' {
        $problem = $null
        Get-Container nothing -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be 'ContainerNotFound,ContainerTools.GetContainerCommand'
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $problem[0].ToString() | Should -Match "'nothing'"
        Get-Container nothing* | Should -BeNullOrEmpty
    }

    It 'has help' {
        (Get-Help New-Container).Synopsis | Should -Not -Match '\[-'
        (Get-Help New-Container -Parameter Memory).description.Text | Should -Match '512MB'
    }
}

Describe 'Save-Image' {
    BeforeAll {
        $port = 5000 + $PID % 20000
        $config = Join-Path $work 'registry.yml'
        Set-Content $config "version: 0.1`nstorage: { filesystem: { rootdirectory: $work/registry } }`nhttp: { addr: '127.0.0.1:$port' }"
        $registry = Start-Process docker-registry -ArgumentList 'serve', $config -PassThru -RedirectStandardOutput "$work/registry.out" -RedirectStandardError "$work/registry.err"
        $deadline = [DateTime]::Now.AddSeconds(20)
        while ([DateTime]::Now -lt $deadline) {
            try { Invoke-WebRequest "http://127.0.0.1:$port/v2/" | Out-Null; break } catch { Start-Sleep -Milliseconds 100 }
        }
        skopeo --insecure-policy copy -q --dest-tls-verify=false "oci-archive:$work/busybox.tar" "docker://localhost:$port/team/busybox:1"
    }

    AfterAll {
        Stop-Process -Id $registry.Id
    }

    It 'pulls from a registry on this machine into the pipeline' {
        Save-Image "localhost:$port/team/busybox:1" | Invoke-Container echo pulled | Should -Be 'pulled'
        Remove-Image "localhost:$port/team/busybox:1"
        { Save-Image "localhost:$port/team/busybox:2" -ErrorAction Stop } | Should -Throw -ErrorId 'RegistryImageNotFound*'
    }
}
