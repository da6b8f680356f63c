#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# A container's life after its start, as its owner sees it.

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
}

AfterAll {
    Remove-TestStore
}

Describe 'A running container' {
    AfterEach {
        Get-Container | Remove-Container -Force
    }

    It 'leaves a trail' {
        $since = Get-Date
        New-Container $image -Name trail -- sh -c 'exit 3' | Start-Container -PassThru | Wait-Container | Remove-Container
        $events = Get-ContainerEvent trail -Since $since
        $events.Action | Should -Be 'Create', 'Start', 'Die', 'Remove'
        ($events | Where-Object Action -EQ Die).ExitCode | Should -Be 3
        # What follows ends when the pipeline has enough.
        (Get-ContainerEvent -Follow -Since $since | Select-Object -First 2).Count | Should -Be 2
        $events | Out-String -Width 200 | Should -Match 'exitCode=3'
        (Get-ContainerEvent -Type Image -Action Import).Name | Should -Contain $image
    }

    It 'stands still and goes on' {
        New-Container $image -Name counter -- sh -c 'while true; do echo tick; /busybox sleep 0.05; done' | Start-Container
        Suspend-Container counter
        (Get-Container counter).State | Should -Be 'Paused'
        Start-Sleep -Milliseconds 200
        $count = (Get-ContainerLog counter).Count
        Start-Sleep -Milliseconds 400
        (Get-ContainerLog counter).Count | Should -Be $count
        { Invoke-ContainerCommand counter -ErrorAction Stop -- /busybox true } | Should -Throw -ErrorId 'ContainerPaused*'

        Get-Container -State Paused | Resume-Container
        Start-Sleep -Milliseconds 400
        (Get-ContainerLog counter).Count | Should -BeGreaterThan $count
        Suspend-Container counter
        (Stop-Container counter -Timeout 0 -PassThru).ExitCode | Should -Be 137
    }

    It 'gets other limits, another name and a new start' {
        $before = New-Container $image -Name small -Memory 64MB -- /busybox sleep 60 | Start-Container -PassThru
        Set-Container small -Memory 32MB -PidsLimit 20
        Invoke-ContainerCommand small -- /busybox cat /sys/fs/cgroup/memory/memory.limit_in_bytes | Should -Be (32MB)
        Rename-Container small tiny
        $after = Restart-Container tiny -Timeout 0 -PassThru
        $after.Id | Should -Be $before.Id
        $after.Pid | Should -Not -Be $before.Pid
        $after.Memory | Should -Be (32MB)
    }

    It 'tells how it is' {
        New-Container $image -Name ill -HealthCommand /busybox, test, -e, /tmp/well -HealthInterval 0.2 -HealthRetries 2 -- /busybox sleep 60 | Start-Container
        (Get-Container ill).Health.Status | Should -Be 'Starting'
        while ((Get-Container ill).Health.Status -ne 'Unhealthy') { Start-Sleep -Milliseconds 50 }
        Get-Container ill | Out-String -Width 200 | Should -Match 'Running \(Unhealthy\)'
        (Get-Container ill).Health.Log[-1].ExitCode | Should -Be 1
        Invoke-ContainerCommand ill -- /busybox touch /tmp/well
        while ((Get-Container ill).Health.Status -ne 'Healthy') { Start-Sleep -Milliseconds 50 }
        (Get-Container ill).Health | Out-String | Should -Match 'FailingStreak\s*: 0'
    }

    It 'has a PID 1 that passes signals on, when it is asked for' {
        New-Container $image -Name init -Init -- /busybox sleep 60 | Start-Container
        Invoke-ContainerCommand init -- /busybox cat /proc/1/comm | Should -Be 'init'
        (Stop-Container init -Timeout 20 -PassThru).ExitCode | Should -Be 143
        Invoke-Container $image -Init -- sh -c 'exit 9'
        $LASTEXITCODE | Should -Be 9
    }

    It 'has the ids and the filter that it is given' {
        Invoke-Container $image -UserNamespace 'keep-id:uid=1000' -- /busybox id -u | Should -Be 1000
        Push-Location $work
        '{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ { "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO" } ] }' | Set-Content profile.json
        Invoke-Container $image -SecurityOption seccomp=./profile.json -- /busybox mkdir /tmp/x 2>&1 | Should -Match 'not permitted'
        Pop-Location
    }

    It 'shares with another one what it is told to' {
        New-Container $image -Name owner -IpcNamespace shareable -- /busybox sleep 300 | Start-Container
        Invoke-ContainerCommand owner -- /busybox sh -c 'echo shared > /dev/shm/file'
        Invoke-Container $image -IpcNamespace container:owner -- /busybox cat /dev/shm/file | Should -Be 'shared'
        Invoke-Container $image -PidNamespace container:owner -- /busybox cat /proc/1/cmdline | Should -Match 'sleep'
        Invoke-Container $image -Mount "type=image,source=$image,target=/tools" -- /tools/busybox echo tools | Should -Be 'tools'
    }

    It 'is started again as its restart policy says, until somebody stops it' {
        New-Container $image -Name loop -RestartPolicy on-failure:2 -- sh -c 'echo run; exit 1' | Start-Container -PassThru | Wait-Container | Out-Null
        $loop = Get-Container loop
        $loop.RestartCount | Should -Be 2
        (Get-ContainerLog loop).Count | Should -Be 3
        "$($loop.RestartPolicy)" | Should -Be 'on-failure:2'

        Set-Container loop -RestartPolicy always
        Start-Container loop
        while ((Get-Container loop).RestartCount -lt 2) { Start-Sleep -Milliseconds 50 }
        Stop-Container loop
        (Get-Container loop).State | Should -Be 'Exited'
    }
}
