using ContainerTools.TestSupport;
using static ContainerTools.Host.Tests.Networks.NetworkedHost;

namespace ContainerTools.Host.Tests.Networks;

[Collection(MachineCollection.Name)]
public sealed class ConnectionTests(NetworkedHost host) : IClassFixture<NetworkedHost>
{
    [Fact]
    public void NetworksAreApartAndARunningContainerIsConnectedAndDisconnected()
    {
        var lines = host.Script($$"""
            $null = New-ContainerNetwork left -Subnet 10.71.0.0/24
            $null = New-ContainerNetwork right -Subnet 10.72.0.0/24, fd72::/64 -Gateway 10.72.0.254
            $null = New-Container busybox -Name web -Network right -IPAddress 10.72.0.7, fd72::7 -MacAddress 02-aa-bb-cc-dd-0e -- {{Server("right")}} | Start-Container
            $null = New-Container busybox -Name client -Network left sleep 1000 | Start-Container
            function Inside([string] $Command) { Invoke-ContainerCommand client -- sh -c $Command }
            'apart ' + (Inside 'timeout 1 wget -q -O - http://10.72.0.7/ 2>/dev/null || echo no')
            $client = Connect-ContainerNetwork right client -Alias guest -PassThru
            'networks ' + ($client.Networks -join ' ')
            'joined ' + (Inside 'timeout 5 wget -q -O - http://web/')
            'v6 ' + (Inside 'timeout 5 wget -q -O - "http://[fd72::7]/"')
            'interfaces ' + (Inside 'ls /sys/class/net | tr "\n" " "')
            'gateways ' + (Inside 'ip route | grep default | cut -d" " -f3 | tr "\n" " "')
            'mac ' + (Invoke-ContainerCommand web -- cat /sys/class/net/eth0/address)
            'guest ' + (Invoke-ContainerCommand web -- sh -c 'grep -c guest /etc/hosts')
            Disconnect-ContainerNetwork left client
            'gateways ' + (Inside 'ip route | grep default | cut -d" " -f3 | tr "\n" " "')
            'outside ' + (Inside 'busybox ping -c 1 -W 2 {{OutsideAddress}} > /dev/null && echo yes')
            Attempt { Disconnect-ContainerNetwork left client }
            Attempt { Connect-ContainerNetwork right client }
            Attempt { New-Container busybox -Network right -IPAddress 10.72.0.7 sleep 1 | Start-Container }
            Restart-Container client -Timeout 0
            'after restart ' + (Get-Container client).Networks[0].Network + ' ' + (Inside 'ls /sys/class/net | tr "\n" " "')
            Get-Container | Remove-Container -Force
            Get-ContainerNetwork left, right | Remove-ContainerNetwork
            """);
        Assert.Equal("apart no", lines[0]);
        Assert.StartsWith("networks left (10.71.0.2) right (10.72.0.1, fd72::", lines[1], StringComparison.Ordinal);
        Assert.Equal(["joined right", "v6 right", "interfaces eth0 eth1 lo ", "gateways 10.71.0.1 10.72.0.254 ", "mac 02:aa:bb:cc:dd:0e", "guest 2", "gateways 10.72.0.254 ", "outside yes"], lines.Skip(2).Take(8));
        Assert.Equal(["NotConnected", "AlreadyConnected", "IPAddressInUse"], lines.Skip(10).Take(3).Select(l => l.Split('|')[0]));
        Assert.Equal("after restart right eth0 lo ", lines[13]);
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void AnInternalNetworkHasNoWayOut()
    {
        var lines = host.Script($$"""
            $null = New-ContainerNetwork inner -Internal -Subnet 10.73.0.0/24
            $null = New-Container busybox -Name web -Network inner -- {{Server("inner")}} | Start-Container
            'neighbour ' + (Invoke-Container busybox -Network inner -- sh -c 'timeout 5 wget -q -O - http://web/')
            'outside ' + (Invoke-Container busybox -Network inner -CapabilityAdd NET_ADMIN -- sh -c 'ip route add default via 10.73.0.1; ping -c 1 -W 1 {{OutsideAddress}} > /dev/null || echo no')
            'other network ' + (Invoke-Container busybox -Network bridge -- sh -c 'timeout 1 wget -q -O - http://10.73.0.2/ 2>/dev/null || echo no')
            Attempt { New-Container busybox -Network inner -Publish 8090:80 sleep 1 | Start-Container }
            Get-Container | Remove-Container -Force
            Remove-ContainerNetwork inner
            """);
        Assert.Equal(["neighbour inner", "outside no", "other network no"], lines.Take(3));
        Assert.StartsWith("PublishNeedsNetwork|", lines[3], StringComparison.Ordinal);
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void AContainerSharesTheNetworkOfAnother()
    {
        var lines = host.Script($$"""
            $null = New-Container busybox -Name web -Network bridge -HostName front -- {{Server("shared")}} | Start-Container
            $beside = New-Container busybox -Name beside -Network container:web -- sh -c 'timeout 5 wget -q -O - http://127.0.0.1/; hostname; grep -c front /etc/hosts; ip -o addr | grep -c eth0'
            "mode $($beside.Network -eq "container:$((Get-Container web).Id)")"
            $null = Start-Container beside; $null = Wait-Container beside
            (Get-ContainerLog beside).Message
            Attempt { Connect-ContainerNetwork bridge beside }
            Stop-Container web -Timeout 0
            Attempt { Start-Container beside }
            Get-Container | Remove-Container -Force
            """);
        Assert.Equal(["mode True", "shared", "front", "1", "1"], lines.Take(5));
        Assert.StartsWith("NetworkModeFixed|", lines[5], StringComparison.Ordinal);
        Assert.StartsWith("NetworkContainerNotRunning|", lines[6], StringComparison.Ordinal);
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Theory]
    [InlineData("crun")]
    [InlineData("runc")]
    public void AnotherRuntimesContainersAreOnNetworksToo(string runtime)
    {
        var lines = host.Script($$"""
            $null = New-Container busybox -Name web -Network bridge -Runtime {{runtime}} -Publish 8070:80 -- {{Server("other")}} | Start-Container
            Invoke-Container busybox -Network bridge -- sh -c 'timeout 5 wget -q -O - http://web/'
            """);
        Assert.Equal(["other"], lines);
        Assert.Equal("other", Fetch(host.Outside, Address, 8070));
        host.Script("Remove-Container web -Force");
        Assert.Equal(host.Before, host.StateAtRest());
    }
}
