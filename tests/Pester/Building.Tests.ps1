#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Making images.

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
}

AfterAll {
    Remove-TestStore
}

Describe 'An image made by pipeline' {
    BeforeAll {
        New-Container $image -Name maker -- /busybox sleep 300 | Start-Container
        Set-Content -Path (Join-Path $work 'page.html') -Value 'hello'
        Copy-ContainerItem (Join-Path $work 'page.html') maker:/data/page.html
        Invoke-ContainerCommand maker -- /busybox sh -c '/busybox mkdir /srv; /busybox cp /data/page.html /srv/copy'
    }

    AfterAll {
        Get-Container | Remove-Container -Force
    }

    It 'has what the container has changed' {
        $made = Get-Container maker | New-Image -Tag team/page:1 -Entrypoint /busybox -Command cat, /srv/copy -Message 'by hand'
        $made.Reference.Familiar | Should -Be 'team/page:1'
        $made.Layers.Count | Should -Be 2
        Invoke-Container team/page:1 | Should -Be 'hello'
        @(Get-ImageHistory team/page:1)[-1].Comment | Should -Be 'by hand'
    }

    It 'can be one layer' {
        (New-Image maker -Squash -Tag team/page:flat).Layers.Count | Should -Be 1
        Invoke-Container team/page:flat -Entrypoint /busybox cat /data/page.html | Should -Be 'hello'
    }

    It 'can come from an archive' {
        Export-Container maker -Path (Join-Path $work 'maker.tar') | Out-Null
        New-Image -Path (Join-Path $work 'maker.tar') -Tag team/page:tar -Entrypoint /busybox -Command cat, /srv/copy | Out-Null
        Invoke-Container team/page:tar | Should -Be 'hello'
    }

    It 'is not made with -WhatIf, nor of what is not there' {
        New-Image maker -Tag team/page:no -WhatIf | Should -BeNullOrEmpty
        { New-Image nothing -ErrorAction Stop } | Should -Throw -ErrorId 'ContainerNotFound,ContainerTools.NewImageCommand'
        Get-Image team/page:n* | Should -BeNullOrEmpty
    }
}

Describe 'An image built from a Containerfile' {
    BeforeAll {
        $context = New-Item -ItemType Directory -Force (Join-Path $work 'context')
        Set-Content -Path (Join-Path $context 'greeting') -Value 'hello'
        Set-Content -Path (Join-Path $context 'Containerfile') -Value @(
            'FROM test/busybox:1 AS build'
            'SHELL ["/busybox", "sh", "-c"]'
            'ARG NAME=nobody'
            'COPY greeting /data/'
            'RUN echo "$(/busybox cat /data/greeting) $NAME" > /data/full'
            'FROM test/busybox:1'
            'COPY --from=build /data/full /data/full'
            'ENTRYPOINT ["/busybox", "cat", "/data/full"]'
        )
    }

    AfterAll {
        Get-Container | Remove-Container -Force
    }

    It 'runs' {
        $built = Build-Image $context -Tag team/greeter:1 -BuildArgument @{ NAME = 'world' }
        $built.Reference.Familiar | Should -Be 'team/greeter:1'
        $built | Invoke-Container | Should -Be 'hello world'
        Get-Container | Should -BeNullOrEmpty
    }

    It 'is the same when nothing has changed, and nothing is executed' {
        $before = (Get-Image team/greeter:1).Digest
        $messages = Build-Image $context -Tag team/greeter:1 -BuildArgument @{ NAME = 'world' } -Verbose 4>&1 | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }
        @($messages -match 'CACHED').Count | Should -Be 3
        (Get-Image team/greeter:1).Digest | Should -Be $before
    }

    It 'says where a step fails, with what its command wrote' {
        Set-Content -Path (Join-Path $context 'Broken') -Value 'FROM test/busybox:1', 'RUN ["/busybox", "sh", "-c", "echo almost; exit 3"]'
        { Build-Image $context -File (Join-Path $context 'Broken') -Tag team/broken:1 -ErrorAction Stop } | Should -Throw -ExpectedMessage 'Broken:2:1:*exit code 3*almost*' -ErrorId 'BuildRunFailed,ContainerTools.BuildImageCommand'
        Get-Container | Should -BeNullOrEmpty
        Get-Image team/broken* | Should -BeNullOrEmpty
    }
}

Describe 'A build that goes elsewhere or comes from elsewhere' {
    BeforeAll {
        $elsewhere = New-Item -ItemType Directory -Force (Join-Path $work 'elsewhere')
        Set-Content -Path (Join-Path $elsewhere 'data') -Value 'given'
        Set-Content -Path (Join-Path $elsewhere 'Containerfile') -Value @(
            'FROM test/busybox:1 AS work'
            'SHELL ["/busybox", "sh", "-c"]'
            'RUN --mount=source=data,target=/in --mount=type=cache,target=/cache /busybox cat /in | /busybox tee /cache/copy > /result'
            'FROM scratch'
            'COPY --from=work /result /result'
        )
    }

    AfterAll {
        Optimize-ContainerStorage -BuildCache | Out-Null
    }

    It 'writes files and keeps no image' {
        $before = @(Get-Image).Count
        $out = Build-Image $elsewhere -Output (Join-Path $work 'out')
        $out | Should -BeOfType System.IO.DirectoryInfo
        Get-Content (Join-Path $out.FullName 'result') | Should -Be 'given'
        @(Get-Image).Count | Should -Be $before
    }

    It 'writes an archive that can be imported' {
        Build-Image $elsewhere -Tag team/result:1 -Output "type=oci,dest=$work/result.tar" | Out-Null
        Remove-Image team/result:1
        (Import-Image (Join-Path $work 'result.tar')).Reference.Familiar | Should -Be 'team/result:1'
    }

    It 'takes a Containerfile from the pipeline' {
        'FROM test/busybox:1', 'CMD ["/busybox", "echo", "piped"]' | Build-Image - -Tag team/piped:1 | Out-Null
        Invoke-Container team/piped:1 | Should -Be 'piped'
    }

    It 'leaves a cache that is shown and can go' {
        $cache = Get-ContainerDiskUsage BuildCache
        $cache.Count | Should -BeGreaterThan 1
        $cache.Items.Name | Should -Contain 'cache mount /cache'
        Optimize-ContainerStorage -BuildCache -WhatIf | Should -BeNullOrEmpty
        Optimize-ContainerStorage -BuildCache -OlderThan 1h | Should -BeNullOrEmpty
        (Optimize-ContainerStorage -BuildCache).Kind | Select-Object -Unique | Should -Be 'BuildCache'
        (Get-ContainerDiskUsage BuildCache).Count | Should -Be 0
    }

    It 'says what cannot be' {
        { Build-Image $elsewhere -CacheTo 'type=local,dest=x' -ErrorAction Stop } | Should -Throw -ErrorId 'CacheLocationInvalid,ContainerTools.BuildImageCommand'
        { Build-Image $elsewhere -Output 'type=zip,dest=x' -ErrorAction Stop } | Should -Throw -ErrorId 'BuildOutputInvalid,ContainerTools.BuildImageCommand'
    }
}
