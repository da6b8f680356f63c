#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Looking into running containers, and working in them.

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
}

AfterAll {
    Remove-TestStore
}

Describe 'What runs in a container' {
    BeforeAll {
        New-Container $image -Name web -Memory 64MB -- sh -c '/busybox sleep 300 & exec /busybox sleep 301' | Start-Container
    }

    AfterAll {
        Get-Container | Remove-Container -Force
    }

    It 'is listed with its ids inside and on the host' {
        $processes = Get-ContainerProcess web
        $processes.Count | Should -Be 2
        ($processes | Where-Object InnerId -EQ 1).Id | Should -Be (Get-Container web).Pid
        ($processes | Where-Object InnerId -NE 1).InnerParentId | Should -Be 1
        $processes | Out-String | Should -Match 'Container: web[\s\S]+InnerId[\s\S]+sleep 301'
    }

    It 'is measured, once and again and again' {
        $use = Get-ContainerStatistics web -Interval 100ms
        $use.MemoryLimit | Should -Be 64MB
        $use.Pids | Should -Be 2
        $use.MemoryCharged | Should -BeOfType [long]
        Get-ContainerStatistics -Continuous -Interval 50ms | Select-Object -First 3 | Should -HaveCount 3
        $use | Out-String | Should -Match 'WorkingSet[\s\S]+64.0 MB'
    }

    It 'ends when its process is stopped from the host' {
        Get-ContainerProcess web | Where-Object InnerId -EQ 1 | Stop-Process -Force
        (Wait-Container web -Timeout 10s).ExitCode | Should -Be 137
    }
}

Describe 'Files of a container' {
    BeforeAll {
        New-Container $image -Name files -- sleep 300 | Start-Container
        New-Container $image -Name idle | Out-Null
        $here = Join-Path $work 'here'
        New-Item -ItemType Directory (Join-Path $here 'site/css') | Out-Null
        Set-Content (Join-Path $here 'site/index.html') 'hello'
        Set-Content (Join-Path $here 'site/css/main.css') 'body { }'
    }

    AfterAll {
        Get-Container | Remove-Container -Force
    }

    It 'go in and come out, running or not' {
        Push-Location $here
        try {
            Copy-ContainerItem ./site files:/data
            Copy-ContainerItem ./site idle:/data
            Get-ChildItem site -File | Copy-ContainerItem -Destination /tmp -ToContainer files, idle
            Invoke-ContainerCommand files -- /busybox cat /data/site/index.html /tmp/index.html | Should -Be 'hello', 'hello'
            Copy-ContainerItem files:/data/site ./out
            Copy-ContainerItem /data/site/. -FromContainer idle -Destination ./out2
            Get-Content out/css/main.css | Should -Be 'body { }'
            Get-Content out2/index.html | Should -Be 'hello'
        }
        finally {
            Pop-Location
        }
    }

    It 'are named in completion and in errors' {
        [System.Management.Automation.CommandCompletion]::CompleteInput('Copy-ContainerItem fil', 22, $null).CompletionMatches.CompletionText | Should -Contain 'files:/'
        { Copy-ContainerItem files:/nowhere $here -ErrorAction Stop } | Should -Throw -ErrorId 'ItemNotFound*'
    }
}

Describe 'The root file system of a container' {
    BeforeAll {
        New-Container $image -Name changed -- sleep 300 | Start-Container
    }

    AfterAll {
        Get-Container | Remove-Container -Force
    }

    It 'is compared with the image and exported' {
        Compare-Container changed | Should -BeNullOrEmpty
        Invoke-ContainerCommand changed -- /busybox sh -c 'echo new > /data/new'
        $change = Compare-Container changed | Where-Object Kind -EQ Added
        $change.Path | Should -Be '/data/new'
        $change | Out-String | Should -Match 'Added\s+4 B\s+/data/new'
        $archive = Get-Container changed | Export-Container -Path (Join-Path $work 'changed.tar')
        # As Get-Item writes it, so that its columns are filled.
        $archive.UnixMode | Should -Be '-rw-------'
        tar -xOf $archive.FullName data/new | Should -Be 'new'
    }
}

Describe 'Working in a container' {
    BeforeAll {
        New-Container $image -Name work -- sleep 300 | Start-Container
    }

    AfterAll {
        Get-Container | Remove-Container -Force
    }

    It 'feeds a command from the pipeline' {
        'x' | Invoke-ContainerCommand work -Command /busybox, cat | Should -Be 'x'
        'b', 'a' | Invoke-ContainerCommand work -- /busybox sort | Should -Be 'a', 'b'
    }

    It 'gives a command a terminal' {
        Invoke-ContainerCommand work -Terminal -- /busybox tty | Should -Match '^/dev/pts/\d'
        { Enter-Container work -ErrorAction Stop } | Should -Throw -ErrorId 'TerminalMissing*'
    }

    It 'is entered from a terminal' {
        $steps = ConvertTo-Json -Compress @(@('# ', "stty size`r"), @('30 100', ''), @('# ', "`u{4}"), @('ended 0', ''))
        $manifest = Join-Path $root 'ContainerTools.psd1'
        $shown = python3 (Join-Path $root 'tests/terminal.py') $steps pwsh -NoProfile -Command "Import-Module '$manifest'; Enter-Container work; `"ended `$LASTEXITCODE`""
        $LASTEXITCODE | Should -Be 0 -Because ($shown -join "`n")
    }
}

Describe 'A container that is attached to' {
    AfterAll {
        Get-Container | Remove-Container -Force
    }

    It 'is fed from the pipeline' {
        'b', 'a' | Invoke-Container $image -Interactive -- /busybox sort | Should -Be 'a', 'b'
        , [byte[]] (1, 2, 3) | Invoke-Container $image -Interactive -- /busybox wc -c | Should -Be '3'
        @() | Invoke-Container $image -Interactive -- /busybox sh -c '/busybox cat; exit 3'
        $LASTEXITCODE | Should -Be 3
        (1..20000 | Invoke-Container $image -Interactive -- /busybox cat).Count | Should -Be 20000
        Get-Container | Should -BeNullOrEmpty
    }

    It 'is made of an image from the pipeline all the same' {
        Get-Image $image | Invoke-Container -Interactive /busybox echo hi | Should -Be 'hi'
        $made = Get-Image $image | New-Container -Interactive -Terminal -- /busybox true
        $made.Interactive, $made.Terminal | Should -Be $true, $true
    }

    It 'ends before all its input is read, and with the pipeline that it feeds' {
        1..50000 | Invoke-Container $image -Interactive -- /busybox head -n 1 | Should -Be '1'
        1..50000 | Invoke-Container $image -Interactive -Name fed -- /busybox cat | Select-Object -First 2 | Should -Be '1', '2'
        Get-Container fed* | Should -BeNullOrEmpty
    }

    It 'writes its lines and gives its exit code when it is started' {
        $null = New-Container $image -Name lines -Interactive -- /busybox sh -c 'echo one; /busybox cat; exit 5'
        Start-Container lines -Attach -StandardInput q, r | Should -Be 'one', 'q', 'r'
        $LASTEXITCODE | Should -Be 5
        # Not what it wrote in the run before.
        Start-Container lines -Attach | Should -Be 'one'
        $LASTEXITCODE | Should -Be 5
    }

    It 'waits for input as long as nobody attaches, and takes it while it runs' {
        New-Container $image -Name waits -Interactive -- /busybox sh -c '/busybox head -n 1; exit 5' | Start-Container
        # Longer than the monitor's first image lives.
        Start-Sleep 2
        (Get-Container waits).State | Should -Be 'Running'
        # Its input stays open for others, so it ends by itself.
        Start-Container waits -Attach -StandardInput s | Should -Be 's'
        $LASTEXITCODE | Should -Be 5
    }

    It 'is removed after its end if it was made so' {
        New-Container $image -Name gone -AutoRemove -- /busybox sh -c 'echo last; exit 6' | Start-Container -Attach | Should -Be 'last'
        $LASTEXITCODE | Should -Be 6
        Get-Container gone* | Should -BeNullOrEmpty
    }

    It 'has a terminal if it was made so' {
        Invoke-Container $image -Terminal -- /busybox sh -c 'test -t 0 && /busybox stty size' | Should -Be '24 80'
        { Invoke-Container $image -Interactive -Terminal -ErrorAction Stop -- /busybox true } | Should -Throw -ErrorId 'TerminalMissing*'
        { 'x' | Invoke-Container $image -Interactive -Terminal -ErrorAction Stop -- /busybox true } | Should -Throw -ErrorId 'TerminalMissing*'
    }

    It 'says what cannot be' {
        $null = New-Container $image -Name deaf -- /busybox true
        { Start-Container deaf -Attach -StandardInput a -ErrorAction Stop } | Should -Throw -ErrorId 'ContainerNotInteractive*'
        { Start-Container deaf -StandardInput a -ErrorAction Stop } | Should -Throw -ErrorId 'AttachMissing*'
        { Start-Container deaf -Attach -WhatIf } | Should -Not -Throw
        (Get-Container deaf).State | Should -Be 'Created'
    }
}
