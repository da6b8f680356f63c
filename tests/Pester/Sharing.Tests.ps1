#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Sharing images through a registry.

BeforeAll {
    . "$PSScriptRoot/Store.ps1"

    # Debian's docker-registry on a free port of the loopback interface.
    function Start-TestRegistry([string] $Name, [string] $Auth = '') {
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $port = $listener.LocalEndpoint.Port
        $listener.Stop()
        $directory = Join-Path $work $Name
        New-Item -ItemType Directory -Force $directory | Out-Null
        Set-Content (Join-Path $directory 'config.yml') ("version: 0.1`nstorage:`n  filesystem:`n    rootdirectory: $directory/data`n  delete:`n    enabled: true`n" +
            "http:`n  addr: 127.0.0.1:$port`n$Auth")
        $process = Start-Process docker-registry -ArgumentList 'serve', "$directory/config.yml" -PassThru -RedirectStandardOutput "$directory/out" -RedirectStandardError "$directory/err"
        foreach ($attempt in 1..100) {
            try { $null = Invoke-WebRequest "http://localhost:$port/v2/" -SkipHttpErrorCheck; break } catch { Start-Sleep -Milliseconds 50 }
        }
        [pscustomobject] @{ Host = "localhost:$port"; Process = $process }
    }
    $registry = Start-TestRegistry 'registry'
}

AfterAll {
    $registry.Process | Stop-Process -Force
    $registry.Process.WaitForExit()
    Remove-TestStore
}

Describe 'An image that is pushed' {
    It 'has the digest there that it has here, and comes back' {
        $pushed = Publish-Image $image -Destination "$($registry.Host)/team/busybox:1"
        $pushed.Digest | Should -Be (Get-Image $image).Digest
        $pushed.SentSize | Should -BeGreaterThan 0
        $pushed | Out-String | Should -Match 'Repository[\s\S]+team/busybox[\s\S]+sha256:'
        $back = $pushed | Save-Image
        $back.Id | Should -Be (Get-Image $image).Id
    }

    It 'is not sent twice' {
        (Publish-Image "$($registry.Host)/team/busybox:1").SentSize | Should -Be 0
    }

    It 'shares its layers with the registry''s other repositories' {
        $pushed = Publish-Image $image -Destination "$($registry.Host)/other/busybox:1"
        $pushed.MountedSize | Should -BeGreaterThan ($pushed.Size / 2)
        $pushed.SentSize | Should -BeLessThan ($pushed.Size / 2)
    }

    It 'is not pushed when only asked what if' {
        Publish-Image $image -Destination "$($registry.Host)/never:1" -WhatIf | Should -BeNullOrEmpty
        { Save-Image "$($registry.Host)/never:1" -ErrorAction Stop } | Should -Throw -ErrorId 'RegistryImageNotFound*'
    }
}

Describe 'What a registry has' {
    It 'is found without pulling it' {
        Publish-Image $image -Destination "$($registry.Host)/team/busybox:2", "$($registry.Host)/team/tool:1" | Out-Null
        Find-Image "$($registry.Host)/team/*" | ForEach-Object ToString | Should -Be "$($registry.Host)/team/busybox", "$($registry.Host)/team/tool"
        (Find-Image "$($registry.Host)/team/busybox").Tag | Sort-Object | Should -Be '1', '2'
        $found = Find-Image "$($registry.Host)/team/busybox:2"
        $found.Digest | Should -Be (Get-Image $image).Digest
        $found.Platforms.Layers.Count | Should -Be (Get-Image $image).Layers.Count
        $found | Out-String | Should -Match 'Repository[\s\S]+Platforms[\s\S]+linux/'
        $found | Format-List | Out-String | Should -Match '1 layers'
        Find-Image "$($registry.Host)/team/busybox" -Detailed | Select-Object -First 1 | Should -HaveCount 1
        Find-Image "$($registry.Host)/" | Out-String | Should -Match 'team/tool'
    }
}

Describe 'An index of images' {
    It 'is pushed, copied with all it has, and looked at' {
        $source = "$($registry.Host)/team/multi:1"
        $pushed = Get-Image $image | Publish-Image -Index -Destination $source
        $pushed.MediaType | Should -Match 'index|list'
        $copied = Copy-Image $source "$($registry.Host)/mirror/multi:1"
        $copied.Digest | Should -Be $pushed.Digest
        $copied.SentSize | Should -Be 0
        (Find-Image $copied).Platforms | Should -HaveCount 1
    }
}

Describe 'A registry with a login' {
    BeforeAll {
        $line = 'hush-hush' | htpasswd -niB user
        Set-Content (Join-Path $work 'htpasswd') $line
        $closed = Start-TestRegistry 'closed' "auth:`n  htpasswd:`n    realm: test`n    path: $work/htpasswd`n"
        $right = [pscredential]::new('user', (ConvertTo-SecureString 'hush-hush' -AsPlainText))
        $wrong = [pscredential]::new('user', (ConvertTo-SecureString 'something else' -AsPlainText))
        $name = "$($closed.Host)/private/busybox:1"
    }

    AfterAll {
        $closed.Process | Stop-Process -Force
        $closed.Process.WaitForExit()
    }

    It 'is closed to others' {
        { Publish-Image $image $name -ErrorAction Stop } | Should -Throw -ErrorId 'RegistryAuthenticationFailed*'
        { Connect-ImageRegistry $closed.Host $wrong -ErrorAction Stop } | Should -Throw -ErrorId 'RegistryAuthenticationFailed*'
        Join-Path $env:DOCKER_CONFIG 'config.json' | Should -Not -Exist
    }

    It 'is open to who logs in, until they log out' {
        $login = Connect-ImageRegistry $closed.Host $right -WarningVariable warning -WarningAction SilentlyContinue
        $warning | Should -Match 'not encrypted'
        $login | Out-String | Should -Match 'Registry[\s\S]+user'
        (Get-Item (Join-Path $env:DOCKER_CONFIG 'config.json')).UnixMode | Should -Be '-rw-------'
        (Publish-Image $image $name).SentSize | Should -BeGreaterThan 0
        $login | Disconnect-ImageRegistry
        { Save-Image $name -ErrorAction Stop } | Should -Throw -ErrorId 'RegistryAuthenticationFailed*'
        (Save-Image $name -Credential $right).Id | Should -Be (Get-Image $image).Id
    }
}

Describe 'The space that is taken' {
    It 'is told by kind and thing' {
        Add-ImageTag $image test/second:1 | Out-Null
        New-Volume pester-data | Out-Null
        $usage = Get-ContainerDiskUsage
        $usage.Kind | Should -Be 'Image', 'Container', 'Volume', 'BuildCache', 'Leftover'
        ($usage | Where-Object Kind -EQ Image).Size | Should -BeGreaterThan 1MB
        $usage | Out-String | Should -Match 'Kind[\s\S]+Reclaimable[\s\S]+Volume'
        (Get-ContainerDiskUsage Image).Items[0].Names | Should -Contain 'test/second:1'
        (Get-ContainerDiskUsage Image).Items | Out-String | Should -Match 'Kind[\s\S]+Shared[\s\S]+\(\+\d\)'
        Get-ImageLayer $image | Out-String | Should -Match 'Number[\s\S]+DiffId'
    }

    It 'is freed where nothing is used' {
        Optimize-ContainerStorage -UnusedImage -UnusedVolume -WhatIf | Should -BeNullOrEmpty
        Get-Volume pester-data | Should -Not -BeNullOrEmpty
        $removed = Optimize-ContainerStorage -UnusedImage -UnusedVolume
        $removed.Kind | Should -Contain 'Image'
        $removed | Out-String | Should -Match 'Volume\s+pester-data'
        Get-Image | Should -BeNullOrEmpty
        (Get-ContainerDiskUsage Image, Leftover | Measure-Object Size -Sum).Sum | Should -Be 0
    }
}
