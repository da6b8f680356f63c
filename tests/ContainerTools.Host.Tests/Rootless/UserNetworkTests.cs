using ContainerTools.Host.Tests.Networks;
using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.Rootless;

/// <summary>Networks of a user who is not root, on a host that a network namespace plays.</summary>
[Collection(MachineCollection.Name)]
public sealed class UserNetworkTests : IDisposable
{
    private const string Address = "192.0.2.1", OutsideAddress = "192.0.2.2";

    private readonly NetworkNamespace _host = new(), _outside = new();
    private readonly OrdinaryUser _user;

    public UserNetworkTests()
    {
        NetworkNamespace.Connect(_host, Address + "/24", _outside, OutsideAddress + "/24");
        _host.Shell($"ip route add default via {OutsideAddress}");
        _user = new OrdinaryUser(host: _host);
        var archive = Path.Combine(_user.Store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive);
        Command.Run("chmod", "644", archive).Succeeded();
        _user.Script($"$null = Import-Image '{archive}'").Succeeded();
    }

    [Fact]
    public void ContainersReachEachOtherAndAreReached()
    {
        var before = _host.Shell("ip -o link | cut -d: -f2; nft list tables; cat /proc/sys/net/ipv4/ip_forward");
        var result = _user.Script($$"""
            $web = New-Container busybox -Name web -Network bridge -Publish 8080:80, 127.0.0.1:8081:80, 80 -- {{NetworkedHost.Server("hello")}} | Start-Container -PassThru
            "$($web.Ports)"
            Invoke-Container busybox -Network bridge -- sh -c 'wget -qO- http://web; printf "GET / HTTP/1.0\r\n\r\n" | nc -w 5 {{Address}} 8080 | tail -n 1'
            $null = New-ContainerNetwork app -Subnet 10.99.0.0/24
            Connect-ContainerNetwork app web
            Invoke-Container busybox -Network app -- wget -qO- http://web
            Disconnect-ContainerNetwork app web; Remove-ContainerNetwork app
            Attempt { New-Container busybox -Name taken -Network bridge -Publish 8080:80 true | Start-Container }
            Attempt { New-Container busybox -Name low -Network bridge -Publish 80:80 true | Start-Container }
            """).Succeeded();
        Assert.Equal(["hello", "hello", "hello"], result.Lines.Skip(1).Take(3));
        Assert.StartsWith("PortInUse|", result.Lines[4], StringComparison.Ordinal);
        Assert.Matches(@"^PortNotPermitted\|PermissionDenied\|.*ip_unprivileged_port_start", result.Lines[5]);
        Assert.Equal("hello", NetworkedHost.Fetch(_host, "127.0.0.1", 8080));
        Assert.Equal("hello", NetworkedHost.Fetch(_host, "127.0.0.1", 8081));
        Assert.Equal("hello", NetworkedHost.Fetch(_outside, Address, 8080));
        Assert.False(NetworkedHost.Reaches(_outside, Address, 8081));
        Assert.False(NetworkedHost.CanBind(_host, "0.0.0.0", 8080));
        // Nothing of the host's is touched.
        Assert.Equal(before, _host.Shell("ip -o link | cut -d: -f2; nft list tables; cat /proc/sys/net/ipv4/ip_forward"));
        Assert.Equal("Running", _user.Script("(Restart-Container web -Timeout 0 -PassThru).State").Succeeded().Output.Trim());
        Assert.Equal("hello", NetworkedHost.Fetch(_outside, Address, 8080));
        _user.Script("Remove-Container * -Force").Succeeded();
        Assert.False(NetworkedHost.Reaches(_host, "127.0.0.1", 8080));
        // The session ends a little after the last container.
        Assert.True(SpinWait.SpinUntil(() => _user.Processes().All(line => line.Contains("<defunct>", StringComparison.Ordinal)), TimeSpan.FromSeconds(20)), string.Join('\n', _user.Processes()));
    }

    [Theory]
    [InlineData("pasta")]
    [InlineData("slirp4netns")]
    public void TheOutsideIsReached(string program)
    {
        if (program == "slirp4netns")
            _user.Hidden.Add("/usr/bin/pasta");
        using var server = new Listener(_outside, 9000);
        var result = _user.Script($"Invoke-Container busybox -Network bridge -- sh -c 'nc -w 5 {OutsideAddress} 9000 </dev/null && echo reached; ip -o -4 address show eth0 | wc -l'").Succeeded();
        Assert.Equal(["reached", "1"], result.Lines);
        // By a socket of the host's.
        Assert.Equal(Address, server.Peer());
        Assert.Contains(_user.Processes(), line => line.Contains(program == "pasta" ? "passt" : program, StringComparison.Ordinal) || line.Contains(program, StringComparison.Ordinal));
    }

    [Fact]
    public void WithoutAProgramTheErrorNamesThePackage()
    {
        _user.Hidden.Add("/usr/bin/pasta");
        _user.Hidden.Add("/usr/bin/slirp4netns");
        var result = _user.Script("Attempt { Invoke-Container busybox -Network bridge true }; Invoke-Container busybox -Network none echo none").Succeeded();
        Assert.Matches(@"^NetworkProgramMissing\|ObjectNotFound\|.*'passt'", result.Lines[0]);
        Assert.Equal("none", result.Lines[1]);
    }

    public void Dispose()
    {
        _user.Dispose();
        _outside.Dispose();
        _host.Dispose();
    }
}
