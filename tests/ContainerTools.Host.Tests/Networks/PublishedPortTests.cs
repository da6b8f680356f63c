using ContainerTools.TestSupport;
using static ContainerTools.Host.Tests.Networks.NetworkedHost;

namespace ContainerTools.Host.Tests.Networks;

[Collection(MachineCollection.Name)]
public sealed class PublishedPortTests(NetworkedHost host) : IClassFixture<NetworkedHost>
{
    [Fact]
    public void PortsAreReachedFromEverywhereThatWasAskedAndFromNowhereElse()
    {
        var lines = host.Script($"""
            $web = New-Container busybox -Name web -Network bridge -Publish 8080:80, 127.0.0.1:8081:80, 80, 9000-9002:9000-9002/udp -- {Server("hello")} | Start-Container -PassThru
            $web.Ports | ForEach-Object ToString
            "address $($web.IPAddress)"
            """);
        var address = lines.Single(l => l.StartsWith("address ", StringComparison.Ordinal))["address ".Length..];
        Assert.Equal(["0.0.0.0:8080->80/tcp", "127.0.0.1:8081->80/tcp"], lines.Take(2));
        var random = int.Parse(lines[2].Split(':', '-')[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal($"0.0.0.0:{random}->80/tcp", lines[2]);
        Assert.Equal("0.0.0.0:9002->9002/udp", lines[5]);
        try
        {
            foreach (var port in new[] { 8080, random })
            {
                Assert.Equal("hello", Fetch(host.Host, "127.0.0.1", port));
                Assert.Equal("hello", Fetch(host.Host, Address, port));
                Assert.Equal("hello", Fetch(host.Outside, Address, port));
            }
            // Nothing on the host can listen where packets would not arrive, also not once the monitor has settled.
            Thread.Sleep(1200);
            Assert.False(CanBind(host.Host, "0.0.0.0", 8080));
            Assert.False(CanBind(host.Host, "127.0.0.1", 8081));
            Assert.True(CanBind(host.Host, Address, 8081));
            Assert.Equal("hello", Fetch(host.Host, "127.0.0.1", 8081));
            Assert.False(Reaches(host.Host, Address, 8081));
            Assert.False(Reaches(host.Outside, Address, 8081));

            // A neighbour that leads packets for loopback, or for the container itself, to this host gets nothing.
            host.Outside.Shell($"ip route add {address}/32 via {Address}; ip route del local 127.0.0.0/8 table local; ip route add 127.0.0.1/32 via {Address}");
            Assert.False(Reaches(host.Outside, address, 80));
            Assert.False(Reaches(host.Outside, "127.0.0.1", 8081));

            // Back to itself, and from another container by the host's address.
            Assert.Equal(["hello", "hello", "bound: 1", "loopback: 1"], host.Script($"""
                Invoke-ContainerCommand web -- timeout 5 wget -q -O - http://{Address}:8080/
                Invoke-Container busybox -Network bridge -- sh -c 'timeout 5 wget -q -O - http://{Address}:8080/; timeout 2 wget -q -O - http://{Address}:8081/ 2>/dev/null; echo bound: $?'
                Invoke-Container busybox -Network bridge -- sh -c 'timeout 2 wget -q -O - http://127.0.0.1:8080/ 2>/dev/null; echo loopback: $?'
                """));
        }
        finally
        {
            host.Script("Remove-Container web -Force");
        }
        Assert.False(Reaches(host.Host, "127.0.0.1", 8080));
        Assert.True(CanBind(host.Host, "0.0.0.0", 8080));
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void ContainersReachTheOutsideByTheHostsAddress()
    {
        using var server = new Listener(host.Outside, 7000);
        Assert.Equal(["1"], host.Script($"Invoke-Container busybox -Network bridge -- sh -c 'nc {OutsideAddress} 7000 </dev/null; echo 1'"));
        Assert.Contains(Address, server.Peer(), StringComparison.Ordinal);
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void ATakenPortIsAnErrorBeforeAnythingStarts()
    {
        using var server = new Listener(host.Host, 7001);
        var lines = host.Script($$"""
            $null = New-Container busybox -Name first -Network bridge -Publish 7002:80 sleep 100 | Start-Container
            $null = New-Container busybox -Name second -Network bridge -Publish 7001:80 sleep 100
            $null = New-Container busybox -Name third -Network bridge -Publish 127.0.0.1:7002:80 sleep 100
            $null = New-Container busybox -Name fourth -Network bridge -Publish 203.0.113.9:80:80 sleep 100
            $null = New-Container busybox -Name fifth -Network bridge -Publish 7001-7009:80 sleep 100
            Attempt { Start-Container second }
            Attempt { Start-Container third }
            Attempt { Start-Container fourth }
            (Start-Container fifth -PassThru).Ports[0].HostPort
            Get-Container second, third, fourth | ForEach-Object { "$($_.State)" }
            Get-Container | Remove-Container -Force
            """);
        Assert.StartsWith("PortInUse|ResourceBusy|Port 7001/tcp of this host cannot be published: a program on this host uses it.", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("PortInUse|ResourceBusy|Port 7002/tcp of 127.0.0.1 cannot be published: the container 'first' has it.", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("HostAddressNotFound|ObjectNotFound|", lines[2], StringComparison.Ordinal);
        Assert.Equal(["7003", "Created", "Created", "Created"], lines.Skip(3));
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void PortsStayWithAContainerThatLeavesTheirNetwork()
    {
        host.Script($$"""
            $null = New-ContainerNetwork one; $null = New-ContainerNetwork two; $null = New-ContainerNetwork inner -Internal
            $null = New-Container busybox -Name web -Network one, two -Publish 8130:80, 80 -- {{Server("hello")}} | Start-Container
            """);
        var ports = host.Script("(Get-Container web).Ports.HostPort").Select(int.Parse).ToArray();
        Assert.Equal((2, 8130), (ports.Length, ports[0]));
        AreReached(true);
        host.Script("Disconnect-ContainerNetwork one web");
        AreReached(true);
        host.Script("Disconnect-ContainerNetwork two web");
        AreReached(false);
        // Nobody else gets them meanwhile, and an internal network is no way in.
        Assert.False(CanBind(host.Host, "0.0.0.0", ports[1]));
        host.Script("Connect-ContainerNetwork inner web");
        AreReached(false);
        host.Script("Connect-ContainerNetwork two web");
        AreReached(true);
        host.Script("Remove-Container web -Force; Get-ContainerNetwork one, two, inner | Remove-ContainerNetwork");
        Assert.Equal(host.Before, host.StateAtRest());

        void AreReached(bool expected)
        {
            foreach (var port in ports)
                Assert.Equal(expected ? "hello" : null, expected ? Fetch(host.Outside, Address, port) : Reaches(host.Outside, Address, port) ? "reached" : null);
        }
    }

    [Fact]
    public void DatagramsOfAnOldSenderReachANewContainer()
    {
        // From one port all the time, as a client of a log server does; so the kernel takes all for one flow.
        const string sender = """
            import socket, sys, time
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind(('0.0.0.0', 40000))
            while True:
                s.sendto(b'line\n', (sys.argv[1], 5514))
                time.sleep(0.1)
            """;
        const string receiver = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('0.0.0.0', 514)); s.settimeout(5); print(s.recv(100).decode().strip())";
        using var process = System.Diagnostics.Process.Start("nsenter", ["--net=" + host.Outside.Path, "--", "python3", "-c", sender, Address])!;
        try
        {
            // Long enough for a flow that nobody answers.
            Thread.Sleep(500);
            var first = host.Script("""
                $null = New-Container busybox -Name before -Network bridge sleep 1000 | Start-Container
                (New-Container busybox -Name log -Network bridge -Publish 5514:514/udp sleep 1000 | Start-Container -PassThru).Pid
                """)[0];
            Assert.Equal("line", Receive(first));
            var second = host.Script("""
                Stop-Container log -Timeout 0
                Remove-Container before -Force
                (Start-Container log -PassThru).Pid
                """)[0];
            Assert.Equal("line", Receive(second));
            host.Script("Remove-Container log -Force");
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
        Assert.Equal(host.Before, host.StateAtRest());

        // busybox has no server for datagrams: one of this machine's, in the container's network.
        static string Receive(string pid) => Command.Run("nsenter", ["-t", pid, "-n", "--", "python3", "-c", receiver]).Succeeded().Output.Trim();
    }

    [Fact]
    public void IPv6IsPublishedAndTranslatedToo()
    {
        const string address = "2001:db8::1", outside = "2001:db8::2";
        host.Host.Shell($"ip address add {address}/64 dev cable0 nodad");
        host.Outside.Shell($"ip address add {outside}/64 dev cable0 nodad");
        host.Script($"""
            $null = New-ContainerNetwork six -IPv6
            $null = New-Container busybox -Name web -Network six -Publish 8030:80, [{address}]:8031:80, [::1]:8032:80 -- {Server("six")} | Start-Container
            $null = New-Container busybox -Name four -Network bridge -Publish [::1]:8033:80 -- {Server("four")} | Start-Container
            """);
        // The kernel leads nothing from there: a process does, to either family.
        Assert.Equal(("six", "four"), (Fetch(host.Host, "[::1]", 8032), Fetch(host.Host, "[::1]", 8033)));
        Assert.False(Reaches(host.Outside, $"[{address}]", 8032));
        foreach (var port in new[] { 8030, 8031 })
        {
            Assert.Equal("six", Fetch(host.Outside, $"[{address}]", port));
            Assert.Equal("six", Fetch(host.Host, $"[{address}]", port));
        }
        Assert.Equal("six", Fetch(host.Outside, Address, 8030));
        Assert.Equal(["yes"], host.Script($"Invoke-Container busybox -Network six -- sh -c 'ping -c 1 -W 2 {outside} > /dev/null && echo yes'"));
        host.Script("Remove-Container web, four -Force; Remove-ContainerNetwork six");
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void NobodyElsesRulesAreTouched()
    {
        host.Host.Shell("""
            nft 'add table ip user; add chain ip user forward { type filter hook forward priority 0; policy accept; }; add rule ip user forward counter'
            nft 'add table inet containertools; add set inet containertools mine { type ipv4_addr; }'
            """);
        var before = host.Host.Shell("nft -s list ruleset");
        host.Script("Invoke-Container busybox -Network bridge -Publish 8020:80 true");
        host.StateAtRest();
        Assert.Equal(before, host.Host.Shell("nft -s list ruleset"));
        host.Host.Shell("nft flush ruleset");
    }

    [Theory]
    [InlineData("-Publish 8080:80/ip", "InvalidPublish")]
    [InlineData("-Publish 70000:80", "InvalidPublish")]
    [InlineData("-Publish 80-90:1-5", "InvalidPublish")]
    [InlineData("-Publish [::1]:80:80/sctp", "PublishProtocolNotSupported")]
    [InlineData("-Publish localhost:80:80", "InvalidPublish")]
    [InlineData("-Publish [fe80::1]:80:80", "InvalidPublish")]
    [InlineData("-Publish 224.0.0.1:80:80", "InvalidPublish")]
    [InlineData("-Network host -Publish 80:80", "NetworkOptionWithoutNetwork")]
    [InlineData("-Network none -IPAddress 10.0.0.1", "NetworkOptionWithoutNetwork")]
    [InlineData("-Network bridge, host", "NetworkConflict")]
    [InlineData("-Network bridge, bridge", "NetworkConflict")]
    [InlineData("-Network nowhere", "NetworkNotFound")]
    [InlineData("-Network bridge -IPAddress 192.0.2.77", "IPAddressNotInNetwork")]
    [InlineData("-Network bridge -IPAddress ten", "InvalidAddress")]
    [InlineData("-Network bridge -MacAddress 01:00:00:00:00:01", "InvalidMacAddress")]
    [InlineData("-Network bridge -NetworkAlias 'a b'", "InvalidNetworkAlias")]
    [InlineData("-Network container:nobody", "ContainerNotFound")]
    public void WrongOptionsAreOneErrorAndLeaveNothing(string options, string errorId)
    {
        var lines = host.Script($$"""
            Attempt { New-Container busybox {{options}} sleep 1 }
            (Get-Container).Count
            """);
        Assert.StartsWith(errorId + "|", lines[0], StringComparison.Ordinal);
        Assert.Equal("0", lines[1]);
    }
}
