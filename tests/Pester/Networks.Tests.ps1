#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# Networks as a user sees them in a real pwsh, without starting anything on them: links and rules are the end-to-end tests' matter, which have hosts of their own.

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
}

AfterAll {
    Remove-TestStore
}

Describe 'Networks' {
    AfterEach {
        Get-Container | Remove-Container -Force
        Get-ContainerNetwork | Remove-ContainerNetwork
    }

    It 'are made, listed, used and removed' {
        $app = New-ContainerNetwork app -Subnet 10.77.1.0/24, fd00:77::/64 -IPRange 10.77.1.128/25 -Label @{ team = 'a' } -Mtu 1400
        $app.Subnets[0].Gateway.ToString() | Should -Be '10.77.1.1'
        $app.Subnets[1].ToString() | Should -Be 'fd00:77::/64'
        $app.Labels['team'] | Should -Be 'a'
        New-ContainerNetwork back -Internal | ForEach-Object Internal | Should -BeTrue
        (Get-ContainerNetwork).Name | Should -Be 'app', 'back'
        (Get-ContainerNetwork b*).Name | Should -Be 'back'
        (Get-ContainerNetwork $app.Id.Substring(0, 12)).Name | Should -Be 'app'

        $web = $app | ForEach-Object { New-Container $image -Name web -Network $_, back -IPAddress 10.77.1.200 -Publish 8080:80 -NetworkAlias www sleep 1 } 3> $null
        $web.Networks.Network | Should -Be 'app', 'back'
        $web.Networks[0].IPAddress.ToString() | Should -Be '10.77.1.200'
        "$($web.Ports)" | Should -Be '0.0.0.0:8080->80/tcp'
        (Get-ContainerNetwork app).UsedBy | Should -Be 'web'
        { Remove-ContainerNetwork app -ErrorAction Stop } | Should -Throw -ErrorId 'NetworkInUse*'
        { New-Container $image -Network app, $app.Id sleep 1 -ErrorAction Stop } | Should -Throw -ErrorId 'NetworkConflict*'
        Disconnect-ContainerNetwork $app.Id.Substring(0, 8) web
        (Get-Container web).Networks.Network | Should -Be 'back'
        (Get-Container web | Connect-ContainerNetwork app -Alias w3 -PassThru).Networks[1].Aliases | Should -Be 'w3'
        Remove-ContainerNetwork app -Force
        (Get-Container web).Networks.Network | Should -Be 'back'
    }

    It 'have ranges that clash with nothing' {
        $first, $second = New-ContainerNetwork one, two
        $first.Subnets[0].Subnet | Should -Not -Be $second.Subnets[0].Subnet
        { New-ContainerNetwork three -Subnet $first.Subnets[0].Subnet -ErrorAction Stop } | Should -Throw -ErrorId 'SubnetInUse*'
        { New-ContainerNetwork three -Subnet 10.77.2.0/33 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidSubnet*'
        { New-ContainerNetwork three -Subnet 10.77.2.0/24 -Gateway 10.77.3.1 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidGateway*'
        { New-ContainerNetwork three -IPv6 -Mtu 1000 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidMtu*'
        { New-ContainerNetwork host -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidNetworkName*'
        { New-ContainerNetwork one -ErrorAction Stop } | Should -Throw -ErrorId 'NetworkExists*'
        { Get-ContainerNetwork none -ErrorAction Stop } | Should -Throw -ErrorId 'NetworkNotFound*'
        (New-ContainerNetwork six -IPv6).Subnets[1].ToString() | Should -Match '^fd.*/64$'
    }

    It 'change nothing with -WhatIf, and complete their names' {
        New-ContainerNetwork app -WhatIf
        Get-ContainerNetwork | Should -BeNullOrEmpty
        $null = New-ContainerNetwork app
        (TabExpansion2 'Remove-ContainerNetwork a').CompletionMatches.CompletionText | Should -Contain 'app'
        (TabExpansion2 'New-Container x -Network ').CompletionMatches.CompletionText | Should -Contain 'host'
    }
}
